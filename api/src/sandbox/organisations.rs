//! Four organisations that do not exist, each with an agreement in force and services.

use chrono::NaiveDate;
use domain::attachment::FileType;
use domain::consent::{ConsentLevel, DocumentVersion};
use domain::dialogue::{DialoguePolicy, Inquiry, PageAddress, RefusedSubject};
use domain::identity::OrganisationNumber;
use domain::organisation::{Name, Organisation};
use domain::routing::ExternalChannels;
use domain::service::{ItemPolicy, Service, ServiceKind, ServicePolicy, UnregisteredRecipients};
use persistence::{Context, Failure, NewAgreement, NewService, Page, Store};

use super::{TestOrganisation, TestService};

/// A service of the table.
struct ServiceRow {
    name: &'static str,
    kind: ServiceKind,
    unregistered_recipients: UnregisteredRecipients,
    minimum_consent: ConsentLevel,
    available_at_protected_address: bool,
    accepts: &'static [Inquiry],
    requires_relationship: bool,
    /// A subject that it takes on a form.
    refused_subject: Option<&'static str>,
    cancellation_limit_hours: Option<u16>,
}

/// What most of them have.
const SERVICE: ServiceRow = ServiceRow {
    name: "",
    kind: ServiceKind::Specialist,
    unregistered_recipients: UnregisteredRecipients::Reject,
    minimum_consent: ConsentLevel::Basis,
    available_at_protected_address: true,
    accepts: &[],
    requires_relationship: true,
    refused_subject: None,
    cancellation_limit_hours: None,
};

const HOME_CARE: ServiceRow = ServiceRow {
    name: "Hjemmetjenesten",
    kind: ServiceKind::MunicipalCare,
    accepts: &[Inquiry::Dialogue],
    refused_subject: Some("Søknad om hjemmetjenester"),
    cancellation_limit_hours: Some(24),
    ..SERVICE
};

const ORGANISATIONS: [(&str, &str, &[ServiceRow]); 4] = [
    (
        "310000019",
        "Fjellbrisen spesialistklinikk",
        &[
            ServiceRow {
                name: "Hudpoliklinikken",
                unregistered_recipients: UnregisteredRecipients::Hold,
                accepts: &[Inquiry::Dialogue],
                cancellation_limit_hours: Some(48),
                ..SERVICE
            },
            ServiceRow {
                name: "Røntgen",
                minimum_consent: ConsentLevel::Full,
                available_at_protected_address: false,
                ..SERVICE
            },
        ],
    ),
    (
        "310011126",
        "Klageorganet for pasienter",
        &[ServiceRow {
            name: "Klagebehandling",
            kind: ServiceKind::AppealsBody,
            accepts: &[Inquiry::Letter],
            requires_relationship: false,
            ..SERVICE
        }],
    ),
    (
        "310022233",
        "Solvika kommune",
        &[
            HOME_CARE,
            ServiceRow {
                name: "Tildelingskontoret",
                kind: ServiceKind::AllotmentOffice,
                unregistered_recipients: UnregisteredRecipients::Hold,
                accepts: &[Inquiry::Dialogue],
                requires_relationship: false,
                refused_subject: Some("Søknad"),
                ..SERVICE
            },
        ],
    ),
    ("310044563", "Havvik kommune", &[HOME_CARE]),
];

/// Registers those that are not, by the same ways as an operator.
pub(super) async fn fill(store: &Store, context: &Context) -> Result<Vec<TestOrganisation>, Failure> {
    let known = store.organisation_list(context, Page { limit: Page::MAX_LIMIT, cursor: None }).await?.items;
    let mut filled = Vec::new();
    for (number, name, rows) in ORGANISATIONS {
        let organisation = match known.iter().find(|known| known.number.as_str() == number && known.ended_at.is_none())
        {
            Some(organisation) => organisation.clone(),
            None => match register(store, context, number, name, rows).await? {
                Some(organisation) => organisation,
                None => continue,
            },
        };
        let services = store.service_list(context, organisation.id).await?;
        filled.push(TestOrganisation {
            id: organisation.id,
            number: organisation.number.as_str().to_owned(),
            name: organisation.name.as_str().to_owned(),
            services: services.iter().map(test_service).collect(),
        });
    }
    Ok(filled)
}

fn test_service(service: &Service) -> TestService {
    TestService {
        id: service.id,
        name: service.name.as_str().to_owned(),
        kind: service.kind.as_word(),
        unregistered_recipients: service.policy.unregistered_recipients.as_word(),
    }
}

/// None where the fixed table is wrong, which a test rules out.
async fn register(
    store: &Store,
    context: &Context,
    number: &str,
    name: &str,
    rows: &[ServiceRow],
) -> Result<Option<Organisation>, Failure> {
    let (Ok(number), Ok(name)) = (OrganisationNumber::parse(number), Name::parse(name)) else { return Ok(None) };
    let (organisation, _) = store.organisation_register(context, number, name, None).await?.into_parts();
    if let Some(agreement) = agreement() {
        store.agreement_register(context, organisation.id, agreement, None).await?;
    }
    for row in rows {
        if let Some(service) = new_service(row) {
            store.service_register(context, organisation.id, service, None).await?;
        }
    }
    Ok(Some(organisation))
}

fn agreement() -> Option<NewAgreement> {
    Some(NewAgreement {
        version: DocumentVersion::parse("1.0").ok()?,
        signatory_role: Name::parse("Daglig leder").ok()?,
        valid_from: NaiveDate::from_ymd_opt(2020, 1, 1)?,
        valid_to: None,
    })
}

fn new_service(row: &ServiceRow) -> Option<NewService> {
    let form = || PageAddress::parse("https://kommune.example/skjema");
    let subject = |name| Some(RefusedSubject { name: Name::parse(name).ok()?, form: form().ok()? });
    let refused_subjects = match row.refused_subject {
        Some(name) => vec![subject(name)?],
        None => vec![],
    };
    Some(NewService {
        name: Name::parse(row.name).ok()?,
        name_nynorsk: None,
        kind: row.kind,
        policy: ServicePolicy {
            visibility: ItemPolicy {
                minimum_consent: row.minimum_consent,
                available_at_protected_address: row.available_at_protected_address,
                ..ItemPolicy::DEFAULT
            },
            by_kind: vec![],
            unregistered_recipients: row.unregistered_recipients,
            attachment_types: vec![FileType::Pdf, FileType::Docx, FileType::Doc],
            dialogue: DialoguePolicy {
                accepts: row.accepts.to_vec(),
                requires_relationship: row.requires_relationship,
                refused_subjects,
                expected_reply_days: (!row.accepts.is_empty()).then_some(1),
                cancellation_limit_hours: row.cancellation_limit_hours,
                ..DialoguePolicy::CLOSED
            },
            external: ExternalChannels::NONE,
            needs_hpr_number: row.kind.needs_hpr_number(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_can_be_registered() {
        assert!(agreement().is_some());
        for (number, name, rows) in ORGANISATIONS {
            assert!(OrganisationNumber::parse(number).is_ok(), "{number}");
            assert!(Name::parse(name).is_ok(), "{name}");
            assert!(rows.iter().all(|row| new_service(row).is_some()), "{name}");
        }
    }
}
