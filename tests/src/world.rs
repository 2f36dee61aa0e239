//! The persons and organisations of the sandbox, and how a story adds its own.

use serde_json::{Value, json};

use crate::{Actor, TestApp};

/// A person of the sandbox.
#[derive(Clone, Debug)]
pub struct Person {
    /// The id of the person.
    pub id: String,
    /// The person's number.
    pub national_id: String,
    /// The person's name.
    pub name: String,
    /// The id of the person's mailbox.
    pub mailbox: String,
}

/// An organisation with its services.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Its id.
    pub id: String,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Its services.
    pub services: Vec<Service>,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Service {
    /// A path of this service: `service.path("/messages")`.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/services/{}{rest}", self.id)
    }
}

impl Organisation {
    /// A service of this name.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn service(&self, name: &str) -> &Service {
        self.services.iter().find(|service| service.name == name).expect("the organisation has such a service")
    }
}

impl TestApp {
    /// A person of the sandbox, by number.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn person(&self, national_id: &str) -> &Person {
        self.persons().iter().find(|person| person.national_id == national_id).expect("the sandbox has the person")
    }

    fn organisation(&self, number: &str) -> &Organisation {
        let mut organisations = self.organisations().iter();
        organisations.find(|organisation| organisation.number == number).expect("the sandbox has the organisation")
    }

    /// A clinic: Hudpoliklinikken holds letters to those who have not joined; Røntgen rejects them, asks for consent
    /// at level full, and is closed to persons with a protected address.
    #[must_use]
    pub fn clinic(&self) -> &Organisation {
        self.organisation("310000019")
    }

    /// The clinic's service that most stories send from.
    #[must_use]
    pub fn dermatology(&self) -> &Service {
        self.clinic().service("Hudpoliklinikken")
    }

    /// The clinic's service that asks for the most.
    #[must_use]
    pub fn radiology(&self) -> &Service {
        self.clinic().service("Røntgen")
    }

    /// An appeals body.
    #[must_use]
    pub fn appeals_body(&self) -> &Organisation {
        self.organisation("310011126")
    }

    /// The service of the appeals body.
    #[must_use]
    pub fn appeals(&self) -> &Service {
        self.appeals_body().service("Klagebehandling")
    }

    /// A municipality.
    #[must_use]
    pub fn municipality(&self) -> &Organisation {
        self.organisation("310022233")
    }

    /// Opens a service of an organisation, with `policy` beside what every service has.
    pub async fn open_service(&self, operator: &Actor, organisation: &Organisation, policy: &Value) -> Service {
        let mut body = json!({"name": self.unique("Tjeneste "), "kind": "specialist"});
        if let (Some(body), Some(policy)) = (body.as_object_mut(), policy.as_object()) {
            body.extend(policy.clone());
        }
        let path = format!("/v1/organisations/{}/services", organisation.id);
        let answer = operator.post(&path, &body).await.expect(201);
        Service { id: answer.id(), name: answer.text("name").to_owned() }
    }
}

/// The persons out of the sandbox's list.
pub(crate) fn persons(list: &Value) -> Vec<Person> {
    items(list, |item| Person {
        id: text(item, "id"),
        national_id: text(item, "nationalId"),
        name: text(item, "name"),
        mailbox: text(item, "mailboxId"),
    })
}

/// The organisations out of the sandbox's list.
pub(crate) fn organisations(list: &Value) -> Vec<Organisation> {
    items(list, |item| Organisation {
        id: text(item, "id"),
        number: text(item, "organisationNumber"),
        name: text(item, "name"),
        services: item["services"]
            .as_array()
            .expect("services")
            .iter()
            .map(|service| Service { id: text(service, "id"), name: text(service, "name") })
            .collect(),
    })
}

fn items<T>(list: &Value, one: impl FnMut(&Value) -> T) -> Vec<T> {
    list["items"].as_array().expect("a list").iter().map(one).collect()
}

fn text(item: &Value, field: &str) -> String {
    item[field].as_str().unwrap_or_else(|| panic!("no {field}")).to_owned()
}
