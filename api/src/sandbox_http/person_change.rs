//! Changes in the population register of the sandbox.

use std::collections::BTreeSet;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, patch};
use chrono::NaiveDate;
use domain::id::PersonId;
use domain::identity::NationalId;
use domain::organisation::Name;
use domain::person::PersonName;
use domain::postal_address::PostalAddress;
use domain::register::Responsible;
use serde::Deserialize;
use utoipa::ToSchema;

use super::contact::{self, ContactChangeRequest};
use super::persons::{TestPersonView, view};
use super::sandbox;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::problem::responses::BodyProblems;
use crate::problem::{ApiError, ProblemBody, ProblemKind, ViolationCode};
use crate::sandbox::Sandbox;
use crate::sandbox::contact_register::LineChange;
use crate::sandbox::register::Change;
use crate::state::AppState;
use crate::vocabulary::{Protection, ResponsibilityKind};

/// How many people can be named in one list.
const MOST_PEOPLE: usize = 50;

/// What the register is to say from now on. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonChangeRequest {
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, max_length = 200, example = "Kari Testesen")]
    name: Field<String>,
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, nullable = false)]
    birth_date: Field<String>,
    /// `null` for the living.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    death_date: Field<String>,
    /// `ungraded`, `confidential`, `strictlyConfidential` or `strictlyConfidentialAbroad`.
    #[serde(default)]
    #[schema(value_type = Option<Protection>, nullable = false, example = "confidential")]
    protection: Field<String>,
    /// The last day of the grade; `null` where it has no end.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    protection_until: Field<String>,
    /// Everybody with parental responsibility for the person; they get the person among their children.
    #[serde(default)]
    #[schema(value_type = Option<Vec<ResponsibleRequest>>, nullable = false, max_items = 50)]
    responsible: Field<Vec<Field<ResponsibleRequest>>>,
    /// The numbers of all guardians.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, nullable = false, max_items = 50)]
    guardians: Field<Vec<Field<String>>>,
    /// The numbers of all close relatives; they get the person among theirs.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, nullable = false, max_items = 50)]
    family: Field<Vec<Field<String>>>,
    /// The lines of the address where they live, below the name; `null` where there is none.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 6, example = json!(["Nyveien 2", "5003 BERGEN"]))]
    residence: Field<Vec<String>>,
    /// The lines of the address where they get their post, which everybody may know; `null` where there is none.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 6, example = json!(["Postboks 7", "0101 OSLO"]))]
    postal_address: Field<Vec<String>>,
    /// What the contact register is to say.
    #[serde(default)]
    #[schema(value_type = Option<ContactChangeRequest>, nullable = false)]
    contact: Field<ContactChangeRequest>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Somebody with parental responsibility.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResponsibleRequest {
    /// Somebody whom the sandbox has.
    #[schema(value_type = String, example = "14849100018")]
    national_id: Field<String>,
    /// `shared`, `mother`, `father`, `coMother`, `other` or `unknown`.
    #[schema(value_type = ResponsibilityKind, example = "shared")]
    kind: Field<String>,
    /// Whether they are registered at the person's address. `false` where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    shares_address: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Change what the registers say of a person
///
/// As the register's feed of changes tells it: what was known of everybody concerned holds no longer from now on. Both
/// sides stay consistent: who becomes responsible for the person gets a child, and close relatives are so to each other.
#[utoipa::path(
    operation_id = "sandboxPersonChange",
    tag = "Sandbox",
    security(()),
    params(("personId" = Uuid, Path, description = "The person, who is known here.")),
    request_body = PersonChangeRequest,
    responses(
        (status = 200, description = "The person.", body = TestPersonView),
        BodyProblems,
        (status = 404, description = "There is no such person.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The store is away. The change was made all the same; send it again.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[patch("/sandbox/persons/{personId}")]
pub(crate) async fn sandbox_person_change(
    state: Data<AppState>,
    path: Path<PersonId>,
    body: JsonBody<PersonChangeRequest>,
) -> Result<HttpResponse, ApiError> {
    let sandbox = sandbox(&state)?;
    let numbers: Vec<NationalId> = sandbox.persons.iter().map(|person| person.national_id.clone()).collect();
    let known = state.store.register_known(numbers).await?;
    let id = path.into_inner();
    let mut found = sandbox.persons.iter().zip(known);
    let (person, known) =
        found.find(|(_, known)| known.is_some_and(|(person, _)| person == id)).ok_or(ProblemKind::NotFound)?;
    let (change, contact) = change(&state, sandbox, &person.national_id, body.value)?;
    sandbox.contact_register.change(&person.national_id, contact);
    for concerned in sandbox.register.change(&person.national_id, change) {
        state.store.register_changed(concerned, state.clock.now()).await?;
    }
    let view = view(sandbox, person, known).ok_or(ProblemKind::NotFound)?;
    Ok(HttpResponse::Ok().json(view))
}

fn change(
    state: &AppState,
    sandbox: &Sandbox,
    of: &NationalId,
    request: PersonChangeRequest,
) -> Result<(Change, LineChange), ApiError> {
    let PersonChangeRequest {
        name,
        birth_date,
        death_date,
        protection,
        protection_until,
        responsible,
        guardians,
        family,
        residence,
        postal_address,
        contact,
        unknown,
    } = request;
    let mut violations = Violations::new();
    let name = given(&mut violations, "/name", name);
    let name = violations.parse("/name", name, Name::parse);
    let name = name.map(|name| PersonName::from_register(name.as_str().to_owned()));
    let birth_date = given(&mut violations, "/birthDate", birth_date);
    let birth_date = violations.date("/birthDate", birth_date);
    let death_date = nullable_date(&mut violations, "/deathDate", death_date);
    let protection = given(&mut violations, "/protection", protection);
    let protection = violations.choice("/protection", protection);
    let protection_until = nullable_date(&mut violations, "/protectionUntil", protection_until);
    let people = People { state, sandbox, of };
    let responsible =
        given(&mut violations, "/responsible", responsible).map(|list| people.responsible(&mut violations, list));
    let guardians =
        given(&mut violations, "/guardians", guardians).map(|list| people.numbers(&mut violations, "/guardians", list));
    let family = given(&mut violations, "/family", family).map(|list| people.numbers(&mut violations, "/family", list));
    let residence = address(&mut violations, "/residence", residence);
    let postal = address(&mut violations, "/postalAddress", postal_address);
    let contact = given(&mut violations, "/contact", contact);
    let contact = contact.map(|request| contact::change(&mut violations, request)).unwrap_or_default();
    violations.unknown("", &unknown);
    violations.finish()?;
    let change = Change {
        name,
        birth_date,
        death_date,
        protection,
        protection_until,
        responsible,
        guardians,
        family,
        residence,
        postal,
    };
    Ok((change, contact))
}

/// The value of a field that may be left out and is not `null`.
fn given<T>(violations: &mut Violations, pointer: &str, field: Field<T>) -> Option<T> {
    match field {
        Field::Missing => None,
        field => violations.required(pointer, field),
    }
}

/// An address that can be left out, which changes nothing, or be `null`, which takes it away.
fn address(violations: &mut Violations, pointer: &str, field: Field<Vec<String>>) -> Option<Option<PostalAddress>> {
    let is_null = field == Field::Null;
    let lines = violations.optional(pointer, field);
    let is_given = lines.is_some();
    let address = lines.and_then(PostalAddress::from_register);
    if is_given && address.is_none() {
        violations.add(pointer, ViolationCode::Empty);
    }
    (is_null || address.is_some()).then_some(address)
}

/// A date that can be left out, which changes nothing, or be `null`, which takes it away.
fn nullable_date(violations: &mut Violations, pointer: &str, field: Field<String>) -> Option<Option<NaiveDate>> {
    let is_null = field == Field::Null;
    let text = violations.optional(pointer, field);
    let date = violations.date(pointer, text);
    (is_null || date.is_some()).then_some(date)
}

/// Reads lists of people, of whom the register must have each, and whom the person is not.
struct People<'s> {
    state: &'s AppState,
    sandbox: &'s Sandbox,
    of: &'s NationalId,
}

impl People<'_> {
    fn responsible(&self, violations: &mut Violations, list: Vec<Field<ResponsibleRequest>>) -> Vec<Responsible> {
        let mut seen = BTreeSet::new();
        self.within_limit(violations, "/responsible", list)
            .into_iter()
            .filter_map(|(pointer, field)| {
                let ResponsibleRequest { national_id, kind, shares_address, unknown } =
                    violations.required(&pointer, field)?;
                let number = self.number(violations, &format!("{pointer}/nationalId"), national_id, &mut seen);
                let at = format!("{pointer}/kind");
                let kind = violations.required(&at, kind);
                let kind = violations.choice(&at, kind);
                let shares_address = violations.optional(&format!("{pointer}/sharesAddress"), shares_address);
                violations.unknown(&pointer, &unknown);
                let shares_address = shares_address.unwrap_or(false);
                Some(Responsible { national_id: number?, kind: kind?, shares_address })
            })
            .collect()
    }

    fn numbers(&self, violations: &mut Violations, pointer: &str, list: Vec<Field<String>>) -> Vec<NationalId> {
        let mut seen = BTreeSet::new();
        self.within_limit(violations, pointer, list)
            .into_iter()
            .filter_map(|(pointer, field)| self.number(violations, &pointer, field, &mut seen))
            .collect()
    }

    /// The fields of a list with their places; none where there are too many.
    fn within_limit<T>(&self, violations: &mut Violations, pointer: &str, list: Vec<T>) -> Vec<(String, T)> {
        if list.len() > MOST_PEOPLE {
            violations.add(pointer, ViolationCode::TooMany { max: MOST_PEOPLE });
            return vec![];
        }
        list.into_iter().enumerate().map(|(place, field)| (format!("{pointer}/{place}"), field)).collect()
    }

    fn number(
        &self,
        violations: &mut Violations,
        pointer: &str,
        field: Field<String>,
        seen: &mut BTreeSet<String>,
    ) -> Option<NationalId> {
        let text = violations.required(pointer, field);
        let number = violations.parse(pointer, text, |text| NationalId::parse(text, self.state.series))?;
        if self.sandbox.register.person(&number).is_none() {
            violations.add(pointer, ViolationCode::NotRegistered);
        } else if number == *self.of || !seen.insert(number.expose().to_owned()) {
            violations.add(pointer, ViolationCode::Duplicate);
        }
        Some(number)
    }
}
