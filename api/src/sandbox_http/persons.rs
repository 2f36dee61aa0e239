//! The persons of the sandbox, with what the register says of them.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use domain::id::{MailboxId, PersonId};
use domain::identity::NationalId;
use domain::postal_address::PostalAddress;
use domain::register::{RegisteredPerson, Responsible};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::contact::ContactView;
use super::sandbox;
use crate::http::request::input::{Field, QueryInput, Unknown};
use crate::problem::responses::QueryProblems;
use crate::problem::{ApiError, ProblemBody};
use crate::sandbox::{Sandbox, TestPerson};
use crate::state::AppState;
use crate::vocabulary::{Protection, ResponsibilityKind};

/// A person who does not exist.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestPersonView {
    /// None while the person is known to the population register alone: until somebody asks for them.
    id: Option<Uuid>,
    /// None as long as `id` is.
    mailbox_id: Option<Uuid>,
    /// Synthetic by construction.
    national_id: String,
    name: String,
    /// In the register, which need not be the date in the number.
    birth_date: NaiveDate,
    /// The day of death.
    death_date: Option<NaiveDate>,
    /// The grade of the address: `ungraded`, `confidential`, `strictlyConfidential` or `strictlyConfidentialAbroad`.
    #[schema(value_type = Protection)]
    protection: &'static str,
    /// The last day of the grade. After it the grade has no effect.
    protection_until: Option<NaiveDate>,
    /// Who has parental responsibility.
    responsible: Vec<ResponsibleView>,
    /// The numbers of the guardians.
    guardians: Vec<String>,
    /// The numbers of parents, children and other close relatives.
    family: Vec<String>,
    /// The numbers of those for whom this person has parental responsibility.
    children: Vec<String>,
    /// The lines of the address where they live.
    residence: Vec<String>,
    /// The lines of the address where they get their post, which everybody may know.
    postal_address: Vec<String>,
    /// What the contact register says.
    contact: ContactView,
    /// What trying this person shows.
    shows: Vec<ShowsView>,
}

/// Somebody with parental responsibility.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResponsibleView {
    national_id: String,
    /// `shared`, `mother`, `father`, `coMother`, `other` or `unknown`; what is unknown is not taken for responsibility.
    #[schema(value_type = ResponsibilityKind)]
    kind: &'static str,
    /// Whether they are registered at the person's address.
    shares_address: bool,
}

/// A rule that can be tried with a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShowsView {
    /// The id of the rule.
    #[schema(example = "CHI-3")]
    rule: &'static str,
    /// What the person is to it.
    #[schema(example = "parent of a child of 12 to 15")]
    text: &'static str,
}

/// Test persons.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestPersonsView {
    items: Vec<TestPersonView>,
}

/// Which persons are wanted.
#[derive(Deserialize)]
pub(crate) struct PersonsQuery {
    #[serde(default)]
    shows: Field<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// List the test persons
///
/// None of them exists. `shows` says what each is for, by the ids of rules.
#[utoipa::path(
    operation_id = "sandboxPersonList",
    tag = "Sandbox",
    security(()),
    params(("shows" = Option<String>, Query, description = "Only those who show this rule, such as `CHI-3`.")),
    responses(
        (status = 200, description = "The persons.", body = TestPersonsView),
        QueryProblems,
        (status = 503, description = "The store is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[get("/sandbox/persons")]
pub(crate) async fn sandbox_person_list(
    state: Data<AppState>,
    query: QueryInput<PersonsQuery>,
) -> Result<HttpResponse, ApiError> {
    let QueryInput { value: PersonsQuery { shows, unknown }, mut violations } = query;
    let rule = violations.optional("?shows", shows);
    violations.unknown("?", &unknown);
    violations.finish()?;
    let sandbox = sandbox(&state)?;
    let wanted = |person: &&TestPerson| match &rule {
        Some(rule) => person.shows.iter().any(|shows| shows.rule == rule),
        None => true,
    };
    let persons: Vec<&TestPerson> = sandbox.persons.iter().filter(wanted).collect();
    let numbers = persons.iter().map(|person| person.national_id.clone()).collect();
    let known = state.store.register_known(numbers).await?;
    let view = |(person, known): (&&TestPerson, _)| view(sandbox, person, known);
    let items = persons.iter().zip(known).filter_map(view).collect();
    Ok(HttpResponse::Ok().json(TestPersonsView { items }))
}

/// What the register says of a person. None where it has nobody of the number.
pub(super) fn view(
    sandbox: &Sandbox,
    person: &TestPerson,
    known: Option<(PersonId, MailboxId)>,
) -> Option<TestPersonView> {
    let RegisteredPerson {
        national_id,
        name,
        birth_date,
        death_date,
        protection,
        responsible,
        guardians,
        family,
        addresses,
        children,
    } = sandbox.register.person(&person.national_id)?;
    let numbers = |numbers: Vec<NationalId>| numbers.iter().map(|number| number.expose().to_owned()).collect();
    let lines = |address: Option<PostalAddress>| address.map(|of| of.expose().to_vec()).unwrap_or_default();
    Some(TestPersonView {
        id: known.map(|(id, _)| id.as_uuid()),
        mailbox_id: known.map(|(_, mailbox)| mailbox.as_uuid()),
        national_id: national_id.expose().to_owned(),
        name: name.expose().to_owned(),
        birth_date,
        death_date,
        protection: protection.grade.as_word(),
        protection_until: protection.until,
        responsible: responsible.iter().map(ResponsibleView::from).collect(),
        guardians: numbers(guardians),
        family: numbers(family),
        children: numbers(children),
        residence: lines(addresses.residence),
        postal_address: lines(addresses.postal),
        contact: sandbox.contact_register.entry(&person.national_id).into(),
        shows: person.shows.iter().map(|shows| ShowsView { rule: shows.rule, text: shows.text }).collect(),
    })
}

impl From<&Responsible> for ResponsibleView {
    fn from(Responsible { national_id, kind, shares_address }: &Responsible) -> Self {
        Self { national_id: national_id.expose().to_owned(), kind: kind.as_word(), shares_address: *shares_address }
    }
}
