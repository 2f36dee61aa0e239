//! Who calls: each with a token from the sandbox's issuer, which is checked like every other.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Organisation, Request, TestApp};

/// Every scope that a system can have.
pub const SYSTEM_SCOPES: [&str; 6] = [
    "brevdue:messages.write",
    "brevdue:messages.read",
    "brevdue:staff.write",
    "brevdue:services.write",
    "brevdue:webhooks.write",
    "brevdue:staff-log.read",
];

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Actor {
    app: TestApp,
    /// What they show; none for those who show nothing.
    pub token: Option<String>,
    /// Their own mailbox; empty for those who have none.
    pub mailbox: String,
}

impl Actor {
    /// A path in their own mailbox: `kari.own("/messages")`.
    #[must_use]
    pub fn own(&self, rest: &str) -> String {
        format!("/v1/mailboxes/{}{rest}", self.mailbox)
    }

    /// The same caller in the mailbox of somebody else: [`Actor::own`] leads there.
    #[must_use]
    pub fn within(&self, mailbox: &str) -> Self {
        Self { mailbox: mailbox.to_owned(), ..self.clone() }
    }

    /// Any request.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Request {
        self.app.request(method, path, self.token.as_deref())
    }

    /// Reads.
    #[must_use]
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// Makes something.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    /// Changes something.
    #[must_use]
    pub fn put(&self, path: &str, body: &Value) -> Request {
        self.request(Method::PUT, path).json(body)
    }

    /// Changes parts of something.
    #[must_use]
    pub fn patch(&self, path: &str, body: &Value) -> Request {
        self.request(Method::PATCH, path).json(body)
    }

    /// Takes something away.
    #[must_use]
    pub fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }
}

impl TestApp {
    /// Somebody without a token.
    #[must_use]
    pub fn nobody(&self) -> Actor {
        Actor { app: self.clone(), token: None, mailbox: String::new() }
    }

    /// Somebody with this token.
    #[must_use]
    pub fn bearer(&self, token: &str) -> Actor {
        Actor { token: Some(token.to_owned()), ..self.nobody() }
    }

    async fn actor(&self, subject: Value) -> Actor {
        let answer = self.nobody().post("/sandbox/tokens", &subject).await.expect(200);
        self.bearer(answer.text("accessToken"))
    }

    /// A citizen, logged in at level high.
    pub async fn citizen(&self, national_id: &str) -> Actor {
        self.citizen_with_acr(national_id, "idporten-loa-high").await
    }

    /// A citizen, logged in at some level.
    pub async fn citizen_with_acr(&self, national_id: &str, acr: &str) -> Actor {
        let subject = json!({"kind": "citizen", "nationalId": national_id, "acr": acr});
        let mailbox = self.persons().iter().find(|person| person.national_id == national_id);
        let mailbox = mailbox.map(|person| person.mailbox.clone()).unwrap_or_default();
        Actor { mailbox, ..self.actor(subject).await }
    }

    /// A citizen who has consented at level Basis.
    pub async fn member(&self, national_id: &str) -> Actor {
        self.member_at(national_id, "basis").await
    }

    /// A citizen who has consented at some level.
    pub async fn member_at(&self, national_id: &str, level: &str) -> Actor {
        let citizen = self.citizen(national_id).await;
        let _ = citizen.put("/v1/me/consent", &json!({"level": level})).await.expect(200);
        for document in ["termsOfUse", "dialogueAndArchive"] {
            let path = format!("/v1/me/acceptances/{document}");
            let _ = citizen.put(&path, &json!({"version": "1"})).await.expect(200);
        }
        citizen
    }

    /// A system of an organisation that may do everything that systems may.
    pub async fn system(&self, organisation: &Organisation) -> Actor {
        self.system_with_scopes(organisation, &SYSTEM_SCOPES).await
    }

    /// A system of an organisation.
    pub async fn system_with_scopes(&self, organisation: &Organisation, scopes: &[&str]) -> Actor {
        self.client(organisation, scopes, "sandbox-ehr").await
    }

    /// One certain system of an organisation.
    pub async fn client(&self, organisation: &Organisation, scopes: &[&str], client_id: &str) -> Actor {
        let number = &organisation.number;
        let kind = "system";
        self.actor(json!({"kind": kind, "organisationNumber": number, "scopes": scopes, "clientId": client_id})).await
    }

    /// The clinic's EHR system.
    pub async fn ehr(&self) -> Actor {
        self.system(self.clinic()).await
    }

    /// Who runs the platform.
    pub async fn operator(&self) -> Actor {
        self.actor(json!({"kind": "operator"})).await
    }

    /// Another operator: whoever has put something on record does not confirm it.
    pub async fn other_operator(&self) -> Actor {
        self.actor(json!({"kind": "operator", "subject": "other-operator"})).await
    }

    /// An operator with some roles.
    pub async fn operator_with_roles(&self, subject: &str, roles: &[&str]) -> Actor {
        self.actor(json!({"kind": "operator", "subject": subject, "roles": roles})).await
    }

    /// A health worker of an organisation, with an HPR number.
    pub async fn health_worker(&self, national_id: &str, organisation: &Organisation) -> Actor {
        self.staff(national_id, organisation, Some("565501")).await
    }

    /// Somebody who works for an organisation, and whose token has no HPR number.
    pub async fn worker_without_number(&self, national_id: &str, organisation: &Organisation) -> Actor {
        self.staff(national_id, organisation, None).await
    }

    async fn staff(&self, national_id: &str, organisation: &Organisation, hpr_number: Option<&str>) -> Actor {
        let number = &organisation.number;
        let mut subject = json!({"kind": "healthWorker", "nationalId": national_id, "organisationNumber": number});
        if let Some(number) = hpr_number {
            subject["hprNumber"] = json!(number);
        }
        self.actor(subject).await
    }
}
