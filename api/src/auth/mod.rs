//! Bearer token → caller.
//!
//! The issuer is chosen by the exact `iss` of the token; from then on only that issuer's settings count: its keys, its
//! algorithms, its audience, the kinds of caller it may speak for. Nothing is looked up in the database here, and
//! nothing is decided: what a caller may do is `domain::access`.
//!
//! Deliberately not here: sessions, log-in, introspection of tokens that are no JWT, symmetric keys.

mod caller;
mod claims;
mod dpop;
mod error;
pub mod issuer;
mod jwks;
pub mod sandbox_issuer;
mod token;
mod verify;

#[cfg(test)]
mod tests;

pub use dpop::{Nonces, Possession};
pub use error::AuthError;
pub use verify::{Authenticated, Authenticator, Presented, PresentedHeader, SetupError};
