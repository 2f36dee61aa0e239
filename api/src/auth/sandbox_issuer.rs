//! A token issuer for the sandbox, with a key of its own that lives as long as the process.
//!
//! Its tokens carry the same claims as those of the real issuers, plus the kind of caller.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::OperatorRole;
use domain::identity::{HprNumber, NationalId, OrganisationNumber};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::caller::{OPERATOR_ROLE, ORGANISATION_AUTHORITY, TEST_KIND, helseid};
use super::issuer::{IssuerSettings, JwksSource, Preset};

/// Who a token is to speak for.
#[derive(Clone, Debug)]
pub enum SandboxSubject {
    /// A person on their own behalf.
    Citizen {
        /// Who.
        national_id: NationalId,
        /// The word for the level; that for level high when left out.
        acr: Option<String>,
    },
    /// A health worker on behalf of an organisation.
    HealthWorker {
        /// Who.
        national_id: NationalId,
        /// The number in the register of health personnel.
        hpr_number: Option<HprNumber>,
        /// The organisation.
        organisation: OrganisationNumber,
        /// 2, 3 or 4.
        security_level: u8,
    },
    /// An organisation's system.
    System {
        /// The data controller.
        organisation: OrganisationNumber,
        /// The words of the scopes.
        scopes: Vec<String>,
        /// The system.
        client_id: String,
    },
    /// Who runs the platform.
    Operator {
        /// The operator.
        subject: String,
        /// What the token allows beside the registrations.
        roles: Vec<OperatorRole>,
    },
}

impl SandboxSubject {
    /// What the token says about its subject.
    fn claims(&self) -> Value {
        match self {
            Self::Citizen { national_id, acr } => json!({
                TEST_KIND: "citizen",
                "pid": national_id.expose(),
                "acr": acr.as_deref().unwrap_or("idporten-loa-high"),
            }),
            Self::HealthWorker { national_id, hpr_number, organisation, security_level } => json!({
                TEST_KIND: "healthWorker",
                helseid::PID: national_id.expose(),
                helseid::SECURITY_LEVEL: security_level.to_string(),
                helseid::HPR_NUMBER: hpr_number.as_ref().map(HprNumber::as_str),
                helseid::ORGANISATION: organisation.as_str(),
            }),
            Self::System { organisation, scopes, client_id } => json!({
                TEST_KIND: "system",
                "consumer": {"authority": ORGANISATION_AUTHORITY, "ID": format!("0192:{organisation}")},
                "client_id": client_id,
                "scope": scopes.join(" "),
            }),
            Self::Operator { subject, roles } => {
                let mut words = vec![OPERATOR_ROLE];
                words.extend(roles.iter().map(|role| role.as_word()));
                json!({TEST_KIND: "operator", "sub": subject, "roles": words})
            }
        }
    }
}

/// Signs tokens with a key that it made up at start.
pub struct SandboxIssuer {
    issuer: String,
    audience: String,
    key: EncodingKey,
    public_key: Jwk,
    key_id: String,
}

impl SandboxIssuer {
    /// Makes a key.
    ///
    /// # Panics
    /// When the operating system gives no random bytes: nothing works then.
    #[must_use]
    pub fn new(issuer: String, audience: String) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .expect("a key can be made from random bytes");
        let key = EncodingKey::from_ec_der(pkcs8.as_ref());
        let mut public_key = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a new key has a public part");
        let key_id = public_key.thumbprint(ThumbprintHash::SHA256).expect("a public key has a thumbprint");
        public_key.common.key_id = Some(key_id.clone());
        public_key.common.public_key_use = Some(PublicKeyUse::Signature);
        Self { issuer, audience, key, public_key, key_id }
    }

    /// The public key, as it would be published.
    #[must_use]
    pub fn jwk_set(&self) -> JwkSet {
        JwkSet { keys: vec![self.public_key.clone()] }
    }

    /// What an authenticator needs to take these tokens.
    #[must_use]
    pub fn issuer_settings(&self) -> IssuerSettings {
        IssuerSettings {
            issuer: self.issuer.clone(),
            preset: Preset::Test,
            audience: vec![self.audience.clone()],
            jwks: JwksSource::Fixed(self.jwk_set()),
            algorithms: vec![Algorithm::ES256],
            accept_unspecified_audience: false,
            longest_token: TimeDelta::days(1),
        }
    }

    /// A token for somebody, valid from now on.
    #[must_use]
    pub fn token(&self, subject: &SandboxSubject, now: DateTime<Utc>, lifetime: TimeDelta) -> String {
        let mut claims = json!({
            "iss": self.issuer,
            "aud": self.audience,
            "iat": now.timestamp(),
            "exp": now.timestamp().saturating_add(lifetime.num_seconds()),
            "jti": random_id(),
        });
        if let (Some(claims), Value::Object(about_subject)) = (claims.as_object_mut(), subject.claims()) {
            claims.extend(about_subject);
        }
        self.sign("at+jwt", &claims)
    }

    /// Signs any claims.
    ///
    /// # Panics
    /// Never: the key is our own and JSON can be written.
    pub(super) fn sign(&self, typ: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, claims, &self.key).expect("our own key signs")
    }
}

fn random_id() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    hex::encode(bytes)
}
