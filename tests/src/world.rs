//! The persons and organisations of the sandbox, and how a story adds its own.

use serde_json::{Value, json};

use crate::{Actor, Answer, TestApp};

/// A person of the sandbox.
#[derive(Clone, Debug)]
pub struct Person {
    /// The id of the person; empty for those whom the register alone knows at the start.
    pub id: String,
    /// The person's number.
    pub national_id: String,
    /// The person's name.
    pub name: String,
    /// The id of the person's mailbox; empty where that of the person is.
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

    /// A person as the register has them at the moment.
    ///
    /// # Panics
    /// When it has nobody of this number.
    pub async fn registered(&self, national_id: &str) -> Value {
        let list = self.nobody().get("/sandbox/persons").await.expect(200);
        let mut items = list.items().iter();
        items.find(|item| item["nationalId"] == national_id).expect("the sandbox has the person").clone()
    }

    /// Changes what the register has of a person, who is known here.
    pub async fn change_person(&self, national_id: &str, change: &Value) -> Answer {
        let id = self.registered(national_id).await["id"].as_str().unwrap_or_default().to_owned();
        self.nobody().patch(&format!("/sandbox/persons/{id}"), change).await.expect(200)
    }

    /// Gives persons parental responsibility for somebody, at whose address they live.
    pub async fn make_responsible(&self, child: &str, responsible: &[&str]) {
        let one = |number: &&str| json!({"nationalId": number, "kind": "shared", "sharesAddress": true});
        let responsible: Vec<Value> = responsible.iter().map(one).collect();
        let _ = self.change_person(child, &json!({"responsible": responsible})).await;
    }

    /// A power of attorney over the inbox, as a citizen gives it from today on.
    pub async fn give_power(&self, giver: &Actor, holder: &str) -> Answer {
        giver.post("/v1/me/powers-of-attorney", &json!({"holder": {"nationalId": holder}, "areas": [3]})).await
    }

    /// A power of attorney over the inbox, as an operator assigns it from a form, for a year, and another confirms it.
    pub async fn assign_power(&self, giver: &str, holder: &str) -> Answer {
        let today = self.now().await.date_naive();
        let body = json!({
            "giver": {"nationalId": giver},
            "holder": {"nationalId": holder},
            "kind": "assignedPowerOfAttorney",
            "areas": [3],
            "validFrom": today,
            "validTo": today + chrono::TimeDelta::days(365),
            "caseNumber": "2026/17",
        });
        self.register_power(&body).await
    }

    /// A power of attorney as one operator puts it on record from a form, and another confirms it: the answer of the first.
    pub async fn register_power(&self, form: &Value) -> Answer {
        let made = self.operator().await.post("/v1/powers-of-attorney", form).await.expect(201);
        let _ = self.confirm_power(&self.other_operator().await, &made.id(), form).await.expect(200);
        made
    }

    /// Confirms a power of attorney with the form at hand.
    pub async fn confirm_power(&self, operator: &Actor, id: &str, form: &Value) -> Answer {
        let holder = json!({"nationalId": form["holder"]["nationalId"]});
        let form = json!({"giver": form["giver"], "holder": holder, "caseNumber": form["caseNumber"]});
        operator.put(&format!("/v1/powers-of-attorney/{id}/confirmation"), &form).await
    }

    /// Takes the population register away.
    pub async fn take_register_away(&self) {
        let _ = self.nobody().put("/sandbox/faults", &json!({"populationRegister": "down"})).await.expect(200);
    }

    /// Brings the population register back.
    pub async fn bring_register_back(&self) {
        let _ = self.nobody().put("/sandbox/faults", &json!({"populationRegister": null})).await.expect(200);
    }

    /// Takes the contact register away, or has it refuse: `down` or `rejecting`.
    pub async fn break_contact_register(&self, fault: &str) {
        let _ = self.nobody().put("/sandbox/faults", &json!({"contactRegister": fault})).await.expect(200);
    }

    /// Brings all registers back.
    pub async fn mend_registers(&self) {
        let _ = self.nobody().put("/sandbox/faults", &json!({})).await.expect(200);
    }

    /// Changes what the contact register has of a person, who is known here.
    pub async fn change_contact(&self, national_id: &str, change: &Value) {
        let _ = self.change_person(national_id, &json!({"contact": change})).await;
    }

    /// Opens the inbox of a child, as its parents do, by hand.
    pub fn open_inbox_of(&self, national_id: &str) {
        let mailbox = self.place().id(&self.person(national_id).mailbox);
        self.place().execute(&format!("UPDATE mailbox SET consent = 1 WHERE id = {mailbox}"));
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
        id: item["id"].as_str().unwrap_or_default().to_owned(),
        national_id: text(item, "nationalId"),
        name: text(item, "name"),
        mailbox: item["mailboxId"].as_str().unwrap_or_default().to_owned(),
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
