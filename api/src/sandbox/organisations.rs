//! Three organisations that do not exist, each with an agreement in force and services.

use chrono::NaiveDate;
use domain::attachment::FileType;
use domain::consent::{ConsentLevel, DocumentVersion};
use domain::identity::OrganisationNumber;
use domain::organisation::{Name, Organisation};
use domain::service::{ItemPolicy, Service, ServiceKind, ServicePolicy, UnregisteredRecipients};
use persistence::{Context, Failure, NewAgreement, NewService, Page, Store};

use super::{TestOrganisation, TestService};

/// Name, kind, what to do with those who have not joined, least consent, available at a protected address.
type ServiceRow = (&'static str, ServiceKind, UnregisteredRecipients, ConsentLevel, bool);

#[rustfmt::skip]
const ORGANISATIONS: [(&str, &str, &[ServiceRow]); 3] = [
    ("310000019", "Fjellbrisen spesialistklinikk", &[
        ("Hudpoliklinikken", ServiceKind::Specialist, UnregisteredRecipients::Hold, ConsentLevel::Basis, true),
        ("Røntgen", ServiceKind::Specialist, UnregisteredRecipients::Reject, ConsentLevel::Full, false),
    ]),
    ("310011126", "Klageorganet for pasienter", &[
        ("Klagebehandling", ServiceKind::AppealsBody, UnregisteredRecipients::Reject, ConsentLevel::Basis, true),
    ]),
    ("310022233", "Solvika kommune", &[
        ("Hjemmetjenesten", ServiceKind::MunicipalCare, UnregisteredRecipients::Reject, ConsentLevel::Basis, true),
        ("Tildelingskontoret", ServiceKind::AllotmentOffice, UnregisteredRecipients::Hold, ConsentLevel::Basis, true),
    ]),
];

/// Registers those that are not, by the same ways as an operator.
pub(super) async fn fill(store: &Store, context: &Context) -> Result<Vec<TestOrganisation>, Failure> {
    let known = store.organisation_list(context, Page { limit: Page::MAX_LIMIT, cursor: None }).await?.items;
    let mut filled = Vec::new();
    for (number, name, rows) in ORGANISATIONS {
        let organisation = match known.iter().find(|organisation| organisation.number.as_str() == number) {
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

fn new_service((name, kind, unregistered_recipients, minimum_consent, protected): &ServiceRow) -> Option<NewService> {
    Some(NewService {
        name: Name::parse(name).ok()?,
        kind: *kind,
        policy: ServicePolicy {
            visibility: ItemPolicy {
                minimum_consent: *minimum_consent,
                available_at_protected_address: *protected,
                ..ItemPolicy::DEFAULT
            },
            by_kind: vec![],
            unregistered_recipients: *unregistered_recipients,
            attachment_types: vec![FileType::Pdf, FileType::Docx, FileType::Doc],
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
