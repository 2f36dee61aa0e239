//! Why a token was not taken.

/// Why nobody could be identified. No text repeats any part of the token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum AuthError {
    /// No `Authorization` header.
    #[error("a token is needed")]
    Missing,
    /// Several `Authorization` headers, another scheme, or no token in it.
    #[error("the Authorization header is not of the form `Bearer <token>` or `DPoP <token>`")]
    MalformedHeader,
    /// Not a signed JWT in compact form, or with an extension that must be understood and is not.
    #[error("the token is not a signed JWT")]
    MalformedToken,
    /// Longer than any real token.
    #[error("the token is too long")]
    TooLarge,
    /// No configured issuer has exactly this name.
    #[error("the token's issuer is not accepted here")]
    UnknownIssuer,
    /// Not signed by an algorithm of this issuer, or by one that does not fit the key.
    #[error("the token's signature algorithm is not accepted")]
    AlgorithmNotAllowed,
    /// The issuer has no such key, also after asking it again.
    #[error("the token's signing key is unknown")]
    UnknownKey,
    /// Changed after signing, or signed by somebody else.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// Made for another service.
    #[error("the token is for another audience")]
    WrongAudience,
    /// An identity token, or another kind of JWT that is not for calling services.
    #[error("the token is not an access token")]
    WrongTokenType,
    /// Its time has passed.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come, or it claims to be made in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A claim that is needed is not there.
    #[error("the token lacks the claim {0}")]
    ClaimMissing(&'static str),
    /// A claim has a value that is not taken.
    #[error("the token's claim {0} is not accepted")]
    ClaimInvalid(&'static str),
    /// The token belongs to a key, and no proof of having that key came along.
    #[error("the token needs a DPoP proof")]
    DpopMissing,
    /// The proof does not hold; the word says which part of it.
    #[error("the DPoP proof is not accepted: {0}")]
    DpopInvalid(&'static str),
    /// The proof has no nonce of ours, or an old one.
    #[error("the DPoP proof needs a nonce")]
    DpopNonce,
    /// Nobody can say now whether the proof has been used.
    #[error("the DPoP proof cannot be checked now")]
    ProofsUnavailable,
    /// The issuer's keys could not be fetched.
    #[error("the issuer's keys cannot be fetched now")]
    KeysUnavailable,
}

impl AuthError {
    /// Whether the trouble is on our side, so that the same token may be taken later.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::KeysUnavailable | Self::ProofsUnavailable)
    }
}
