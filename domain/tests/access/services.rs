//! Every combination of what is asked before somebody does something for a service, an organisation or the platform.

use domain::access::{
    Assurance, Caller, OperatorRole, OrganisationAction, OrganisationFacts, PlatformAction, Refusal, Scope,
    ServiceAction, ServiceFacts, decide_organisation, decide_platform, decide_service, scope_to_name_responsible,
};
use domain::identity::{HprNumber, NationalId, NumberSeries, OrganisationNumber};
use domain::organisation::ExternalClientId;
use domain::rule::Rule;
use strum::VariantArray;
use uuid::Uuid;

const OWN: &str = "310000019";
const OTHER: &str = "310011126";

fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::parse(text).expect("a number")
}

fn system(organisation: &str, client: &str, scopes: &[Scope]) -> Caller {
    let client = ExternalClientId::parse(client).expect("a client");
    Caller::System { organisation: number(organisation), supplier: None, client, scopes: scopes.to_vec() }
}

/// Those who are no system, of a synthetic number.
fn persons() -> Vec<Caller> {
    let national_id = NationalId::parse("41819077302", NumberSeries::Synthetic).expect("a synthetic number");
    let roles = OperatorRole::VARIANTS.to_vec();
    let mut persons = vec![Caller::Operator { subject: "op".to_owned(), roles }];
    for &assurance in Assurance::VARIANTS {
        persons.push(Caller::Citizen { national_id: national_id.clone(), assurance });
        for organisation in [OWN, OTHER] {
            for hpr_number in [None, HprNumber::parse("565501").ok()] {
                let (national_id, organisation) = (national_id.clone(), number(organisation));
                persons.push(Caller::HealthWorker { national_id, hpr_number, organisation, assurance });
            }
        }
    }
    persons
}

/// Who does something for a service: a system whose token has this scope, a health worker who is a member, or either. And by
/// which rule, and whether it takes an agreement.
const DOERS: &str = "
seeService      brevdue:messages.read   PP-5  -
sendMessage     brevdue:messages.write  PP-3  agreement
uploadFile      brevdue:messages.write+member PP-3  agreement
previewRouting  brevdue:messages.write  PP-3  agreement
checkReachability brevdue:messages.write PP-3 agreement
followSendings  brevdue:messages.read   PP-5  -
manageStaff     brevdue:staff.write     DH-7  -
changeService   brevdue:services.write  PP-3  -
manageRelationships brevdue:services.write DH-6 -
seeConversations brevdue:messages.read+member DH-7 -
workConversations brevdue:messages.write+member DH-7 agreement
manageAppointments brevdue:messages.write HN-10 agreement
seeAppointments brevdue:messages.read HN-10  -
manageHealthContacts brevdue:messages.write HN-11 agreement
seePatients     member                  DH-7  -
recordAccess    member                  DH-7  -
";

/// What the table says: what the token alone decides first, then whether there is such a service and whose it is.
fn expected(action: ServiceAction, caller: &Caller, facts: Option<&ServiceFacts>) -> Result<&'static str, Refusal> {
    let line = DOERS.lines().find(|line| line.split_whitespace().next() == Some(word(action).as_str()));
    let line: Vec<&str> = line.expect("a line for each action").split_whitespace().collect();
    let doer: Vec<&str> = line[1].split('+').collect();
    let for_members = doer.contains(&"member");
    let is_own = |number: &OrganisationNumber| facts.is_some_and(|facts| facts.organisation_number == *number);
    let by_token = match caller {
        Caller::System { .. } if doer == ["member"] => Some(Refusal::WrongKindOfCaller),
        Caller::System { scopes, .. } if !scopes.iter().any(|scope| doer.contains(&scope.as_word())) => {
            Some(Refusal::ScopeMissing)
        }
        Caller::HealthWorker { assurance, .. } if for_members && *assurance != Assurance::High => {
            Some(Refusal::AssuranceTooLow)
        }
        _ => None,
    };
    let is_related = match caller {
        Caller::System { organisation, .. } => is_own(organisation),
        Caller::HealthWorker { organisation, .. } => {
            for_members && is_own(organisation) && facts.is_some_and(|facts| facts.is_member)
        }
        Caller::Citizen { .. } | Caller::Operator { .. } => false,
    };
    let is_registered = match caller {
        Caller::System { client, .. } => facts.is_some_and(|facts| {
            facts.registered_clients.as_ref().is_none_or(|all| all.iter().any(|of| of == client.as_str()))
        }),
        _ => true,
    };
    let has_number = match caller {
        Caller::HealthWorker { hpr_number, .. } => {
            hpr_number.is_some() || !facts.is_some_and(|facts| facts.needs_hpr_number)
        }
        _ => true,
    };
    let has_agreement = line[3] != "agreement" || facts.is_some_and(|facts| facts.agreement_in_force);
    let steps = [
        (Refusal::NotThere, facts.is_some()),
        (Refusal::NotRelated, is_related),
        (Refusal::HprNumberMissing, has_number),
        (Refusal::ClientNotRegistered, is_registered),
        (Refusal::NoAgreementInForce, has_agreement),
    ];
    let first = by_token.or(steps.into_iter().find(|(_, holds)| !holds).map(|(refusal, _)| refusal));
    first.map_or(Ok(line[2]), Err)
}

#[test]
fn dh_7_to_say_at_night_who_is_responsible_takes_the_scope_for_staff() {
    for scope in Scope::VARIANTS {
        let lacking = scope_to_name_responsible(&system(OWN, "ehr", &[*scope]));
        assert_eq!(lacking, (*scope != Scope::StaffWrite).then_some(Scope::StaffWrite), "{scope:?}");
    }
    assert_eq!(scope_to_name_responsible(&system(OWN, "ehr", Scope::VARIANTS)), None);
}

#[test]
fn every_combination_at_the_door_of_a_service() {
    let mut callers = persons();
    for organisation in [OWN, OTHER] {
        for client in ["ehr", "journal"] {
            let [all @ .., _] = Scope::VARIANTS else { panic!("there are scopes") };
            for scopes in [&[][..], all, Scope::VARIANTS].into_iter().chain(Scope::VARIANTS.chunks(1)) {
                callers.push(system(organisation, client, scopes));
            }
        }
    }
    let mut all_facts = vec![None];
    for bits in 0..8_u8 {
        let [agreement_in_force, is_member, needs_hpr_number] = [1, 2, 4].map(|bit| bits & bit != 0);
        for registered in [None, Some(&[][..]), Some(&["journal"]), Some(&["journal", "ehr"])] {
            all_facts.push(Some(ServiceFacts {
                service: Uuid::from_u128(1).into(),
                organisation: Uuid::from_u128(2).into(),
                organisation_number: number(OWN),
                agreement_in_force,
                is_ended: false,
                registered_clients: registered.map(words),
                is_member,
                needs_hpr_number,
            }));
        }
    }
    for &action in ServiceAction::VARIANTS {
        for caller in &callers {
            for facts in &all_facts {
                let decision = decide_service(action, caller, facts.as_ref());
                if let Ok(grant) = &decision {
                    let (service, organisation) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
                    assert_eq!((grant.service(), grant.organisation()), (service, organisation));
                    assert_eq!(grant.action(), action);
                }
                let answer = decision.map(|grant| grant.rule().id());
                assert_eq!(answer, expected(action, caller, facts.as_ref()), "{action:?} {caller:?} {facts:?}");
            }
        }
    }
}

fn words(clients: &[&str]) -> Vec<String> {
    clients.iter().map(|&client| client.to_owned()).collect()
}

#[test]
fn only_operators_touch_the_registrations_of_the_platform() {
    let mut callers = persons();
    callers.push(system(OWN, "ehr", Scope::VARIANTS));
    for &action in PlatformAction::VARIANTS {
        for caller in &callers {
            let answer = decide_platform(action, caller).map(|grant| (grant.action(), grant.rule()));
            let is_operator = matches!(caller, Caller::Operator { .. });
            let expected = if is_operator { Ok((action, Rule::Pjl22)) } else { Err(Refusal::WrongKindOfCaller) };
            assert_eq!(answer, expected, "{caller:?}");
        }
    }
}

#[test]
fn each_thing_of_powers_and_operators_takes_a_role_of_its_own() {
    let needed = [
        (PlatformAction::RegisterPower, OperatorRole::RegisterPowers),
        (PlatformAction::ConfirmPower, OperatorRole::ConfirmPowers),
        (PlatformAction::SeeOperators, OperatorRole::SeeOperators),
    ];
    for &action in PlatformAction::VARIANTS {
        for role in OperatorRole::VARIANTS {
            let caller = Caller::Operator { subject: "op".to_owned(), roles: vec![*role] };
            let is_allowed = needed.iter().all(|(of, needed)| *of != action || needed == role);
            let expected = if is_allowed { Ok(()) } else { Err(Refusal::ScopeMissing) };
            assert_eq!(decide_platform(action, &caller).map(drop), expected, "{action:?} {role:?}");
        }
    }
}

/// The name of an action, as the tables here write it.
fn word(action: impl std::fmt::Debug) -> String {
    let name = format!("{action:?}");
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_lowercase())
}

/// What systems do for their organisation as a whole: with which scope, and by which rule.
const ORGANISATION: &str = "
followEvents    brevdue:messages.read   BX-8
seeWebhooks     brevdue:webhooks.write  BX-8
manageWebhooks  brevdue:webhooks.write  BX-8
readStaffLog    brevdue:staff-log.read  PJL-22
";

#[test]
fn every_combination_at_the_door_of_an_organisation() {
    let mut callers = persons();
    for organisation in [OWN, OTHER] {
        for client in ["ehr", "journal"] {
            for scopes in [&[][..], Scope::VARIANTS].into_iter().chain(Scope::VARIANTS.chunks(1)) {
                callers.push(system(organisation, client, scopes));
            }
        }
    }
    let mut all_facts = vec![None];
    for registered in [None, Some(&[][..]), Some(&["journal"]), Some(&["journal", "ehr"])] {
        all_facts.push(Some(OrganisationFacts {
            organisation: Uuid::from_u128(2).into(),
            number: number(OWN),
            is_ended: false,
            registered_clients: registered.map(words),
        }));
    }
    for &action in OrganisationAction::VARIANTS {
        let line = ORGANISATION.lines().find(|line| line.split_whitespace().next() == Some(word(action).as_str()));
        let line: Vec<&str> = line.expect("a line for each action").split_whitespace().collect();
        for caller in &callers {
            for facts in &all_facts {
                let decision = decide_organisation(action, caller, facts.as_ref());
                let expected = match (caller, facts) {
                    (Caller::System { scopes, .. }, _) if scopes.iter().all(|scope| scope.as_word() != line[1]) => {
                        Err(Refusal::ScopeMissing)
                    }
                    (Caller::System { organisation, client, .. }, Some(facts)) if *organisation == facts.number => {
                        let of = |all: &Vec<String>| all.contains(&client.as_str().to_owned());
                        if facts.registered_clients.as_ref().is_none_or(of) {
                            Ok(line[2])
                        } else {
                            Err(Refusal::ClientNotRegistered)
                        }
                    }
                    (Caller::System { .. }, _) => Err(Refusal::NotThere),
                    (Caller::Citizen { .. } | Caller::HealthWorker { .. } | Caller::Operator { .. }, _) => {
                        Err(Refusal::WrongKindOfCaller)
                    }
                };
                if let Ok(grant) = &decision {
                    assert_eq!((grant.organisation(), grant.action()), (Uuid::from_u128(2).into(), action));
                }
                assert_eq!(decision.map(|grant| grant.rule().id()), expected, "{action:?} {caller:?} {facts:?}");
            }
        }
    }
}
