//! Who may do what for a service.

use strum::VariantArray;

use super::{Assurance, Caller, Refusal, Scope};
use crate::id::{OrganisationId, ServiceId};
use crate::identity::OrganisationNumber;
use crate::rule::Rule;

/// What somebody wants to do for a service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, VariantArray)]
pub enum ServiceAction {
    /// See its settings.
    SeeService,
    /// Change its settings.
    ChangeService,
    /// Send a message to a citizen.
    SendMessage,
    /// Hand in a file ahead of its message, or of an answer in a conversation.
    UploadFile,
    /// Ask which way a message would take.
    PreviewRouting,
    /// Ask who can be reached digitally.
    CheckReachability,
    /// Follow what was sent.
    FollowSendings,
    /// Say who works for it, and who follows up whom.
    ManageStaff,
    /// Say who receives it.
    ManageRelationships,
    /// See the queue, and read in its conversations.
    SeeConversations,
    /// Answer in a conversation, say who is to answer, close it, write notes.
    WorkConversations,
    /// Tell of an appointment or visit, change it, cancel it.
    ManageAppointments,
    /// See one's own appointments, and what became of them.
    SeeAppointments,
    /// Tell of citizens' health contacts.
    ManageHealthContacts,
    /// See whom one follows up.
    SeePatients,
    /// Put on record, with a reason, that one has lawful access to a patient.
    RecordAccess,
}

/// Who does something for a service.
enum Doer {
    /// A system, whose token has the scope.
    System(Scope),
    /// A health worker.
    Staff,
    /// Either.
    SystemOrStaff(Scope),
}

impl ServiceAction {
    const fn doer(self) -> Doer {
        match self {
            Self::SendMessage
            | Self::PreviewRouting
            | Self::CheckReachability
            | Self::ManageAppointments
            | Self::ManageHealthContacts => Doer::System(Scope::MessagesWrite),
            Self::SeeService | Self::FollowSendings | Self::SeeAppointments => Doer::System(Scope::MessagesRead),
            Self::ManageStaff => Doer::System(Scope::StaffWrite),
            Self::ChangeService | Self::ManageRelationships => Doer::System(Scope::ServicesWrite),
            Self::SeePatients | Self::RecordAccess => Doer::Staff,
            Self::SeeConversations => Doer::SystemOrStaff(Scope::MessagesRead),
            Self::WorkConversations | Self::UploadFile => Doer::SystemOrStaff(Scope::MessagesWrite),
        }
    }

    const fn ground(self) -> Rule {
        match self {
            Self::SendMessage | Self::UploadFile | Self::PreviewRouting | Self::CheckReachability => Rule::Pp3,
            Self::SeeService | Self::FollowSendings => Rule::Pp5,
            Self::ChangeService => Rule::Pp3,
            Self::ManageRelationships => Rule::Dh6,
            Self::ManageAppointments | Self::SeeAppointments => Rule::Hn10,
            Self::ManageHealthContacts => Rule::Hn11,
            Self::SeeConversations
            | Self::WorkConversations
            | Self::ManageStaff
            | Self::SeePatients
            | Self::RecordAccess => Rule::Dh7,
        }
    }
}

/// The scope that a line of the exchange takes which says who is responsible for a citizen, where the caller's token lacks
/// it: that opens the citizen to a member just as [`ServiceAction::ManageStaff`] does.
#[must_use]
pub fn scope_to_name_responsible(caller: &Caller) -> Option<Scope> {
    match (ServiceAction::ManageStaff.doer(), caller) {
        (Doer::System(scope) | Doer::SystemOrStaff(scope), Caller::System { scopes, .. }) => {
            (!scopes.contains(&scope)).then_some(scope)
        }
        // The exchange is for systems only.
        (
            Doer::System(_) | Doer::Staff | Doer::SystemOrStaff(_),
            Caller::System { .. } | Caller::HealthWorker { .. } | Caller::Citizen { .. } | Caller::Operator { .. },
        ) => None,
    }
}

/// What the caller is to the service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ServiceRelation {
    /// A system of the service's own organisation.
    OwnSystem,
    /// A health worker of that organisation who is a member of the service.
    Member,
    /// None.
    Nobody,
}

/// What the rules ask about a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceFacts {
    /// The service.
    pub service: ServiceId,
    /// Its organisation.
    pub organisation: OrganisationId,
    /// The number of its organisation.
    pub organisation_number: OrganisationNumber,
    /// Whether a data-processing agreement of the organisation holds now (PP-3).
    pub agreement_in_force: bool,
    /// Whether the organisation has stopped using the mailbox.
    pub is_ended: bool,
    /// The systems that are registered and have not ended. None where none ever was: then any system of the organisation acts for it.
    pub registered_clients: Option<Vec<String>>,
    /// Whether the caller is a member of the service.
    pub is_member: bool,
    /// Whether it needs the HPR number of a health worker (RET-11).
    pub needs_hpr_number: bool,
}

impl ServiceFacts {
    fn relation(&self, caller: &Caller) -> ServiceRelation {
        match caller {
            Caller::System { organisation, .. } if *organisation == self.organisation_number => {
                ServiceRelation::OwnSystem
            }
            Caller::HealthWorker { organisation, .. }
                if *organisation == self.organisation_number && self.is_member =>
            {
                ServiceRelation::Member
            }
            Caller::System { .. } | Caller::Citizen { .. } | Caller::HealthWorker { .. } | Caller::Operator { .. } => {
                ServiceRelation::Nobody
            }
        }
    }
}

/// That something may be done for one service. Only [`decide_service`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceGrant {
    service: ServiceId,
    organisation: OrganisationId,
    action: ServiceAction,
    rule: Rule,
}

impl ServiceGrant {
    /// The service, and no other.
    #[must_use]
    pub const fn service(&self) -> ServiceId {
        self.service
    }

    /// Its organisation.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// What may be done.
    #[must_use]
    pub const fn action(&self) -> ServiceAction {
        self.action
    }

    /// The rule that allows it.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }
}

/// Decides whether a caller may do something for a service. `facts` is none where there is no such service.
///
/// # Errors
/// The first reason against it. What the token alone decides comes first, so that its answer tells nothing about
/// which services there are.
pub fn decide_service(
    action: ServiceAction,
    caller: &Caller,
    facts: Option<&ServiceFacts>,
) -> Result<ServiceGrant, Refusal> {
    match (action.doer(), caller) {
        (Doer::System(scope) | Doer::SystemOrStaff(scope), Caller::System { scopes, .. })
            if !scopes.contains(&scope) =>
        {
            return Err(Refusal::ScopeMissing);
        }
        (Doer::Staff, Caller::System { .. }) => return Err(Refusal::WrongKindOfCaller),
        (Doer::Staff | Doer::SystemOrStaff(_), Caller::HealthWorker { assurance, .. })
            if *assurance < Assurance::High =>
        {
            return Err(Refusal::AssuranceTooLow);
        }
        (
            Doer::System(_) | Doer::Staff | Doer::SystemOrStaff(_),
            Caller::System { .. } | Caller::HealthWorker { .. } | Caller::Citizen { .. } | Caller::Operator { .. },
        ) => {}
    }
    let facts = facts.ok_or(Refusal::NotThere)?;
    match (action.doer(), facts.relation(caller)) {
        (Doer::System(_) | Doer::SystemOrStaff(_), ServiceRelation::OwnSystem)
        | (Doer::Staff | Doer::SystemOrStaff(_), ServiceRelation::Member) => {}
        (Doer::System(_), ServiceRelation::Member | ServiceRelation::Nobody)
        | (Doer::Staff, ServiceRelation::OwnSystem | ServiceRelation::Nobody)
        | (Doer::SystemOrStaff(_), ServiceRelation::Nobody) => return Err(Refusal::NotRelated),
    }
    if facts.is_ended {
        return Err(Refusal::OrganisationEnded);
    }
    if facts.needs_hpr_number && matches!(caller, Caller::HealthWorker { hpr_number: None, .. }) {
        return Err(Refusal::HprNumberMissing);
    }
    if let (Caller::System { client, .. }, Some(registered)) = (caller, &facts.registered_clients)
        && !registered.iter().any(|registered| registered == client.as_str())
    {
        return Err(Refusal::ClientNotRegistered);
    }
    let sends = match action {
        ServiceAction::SendMessage
        | ServiceAction::PreviewRouting
        | ServiceAction::CheckReachability
        | ServiceAction::UploadFile
        | ServiceAction::WorkConversations
        | ServiceAction::ManageAppointments
        | ServiceAction::ManageHealthContacts => true,
        ServiceAction::SeeService
        | ServiceAction::ChangeService
        | ServiceAction::FollowSendings
        | ServiceAction::ManageStaff
        | ServiceAction::ManageRelationships
        | ServiceAction::SeeConversations
        | ServiceAction::SeeAppointments
        | ServiceAction::SeePatients
        | ServiceAction::RecordAccess => false,
    };
    if sends && !facts.agreement_in_force {
        return Err(Refusal::NoAgreementInForce);
    }
    Ok(ServiceGrant { service: facts.service, organisation: facts.organisation, action, rule: action.ground() })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::identity::{NationalId, NumberSeries};
    use crate::organisation::ExternalClientId;

    const OWN: &str = "310000019";
    const OTHER: &str = "310011126";

    fn number(text: &str) -> OrganisationNumber {
        OrganisationNumber::parse(text).expect("a number")
    }

    fn system(organisation: &str, client: &str, scopes: &[Scope]) -> Caller {
        let client = ExternalClientId::parse(client).expect("a client");
        Caller::System { organisation: number(organisation), supplier: None, client, scopes: scopes.to_vec() }
    }

    fn facts() -> ServiceFacts {
        ServiceFacts {
            service: Uuid::from_u128(1).into(),
            organisation: Uuid::from_u128(2).into(),
            organisation_number: number(OWN),
            agreement_in_force: true,
            is_ended: false,
            registered_clients: None,
            is_member: false,
            needs_hpr_number: false,
        }
    }

    #[test]
    fn each_row_of_the_decision_table_for_sending() {
        let all = Scope::VARIANTS;
        let without_agreement = ServiceFacts { agreement_in_force: false, ..facts() };
        let with_clients = ServiceFacts { registered_clients: Some(vec!["journal".to_owned()]), ..facts() };
        let without_clients = ServiceFacts { registered_clients: Some(vec![]), ..facts() };
        let ended = ServiceFacts { is_ended: true, ..facts() };
        let operator = Caller::Operator { subject: "op".to_owned(), roles: vec![] };
        let table = [
            ("PP-5: its own system", system(OWN, "ehr", all), Some(facts()), Ok(())),
            (
                "a system without the scope",
                system(OWN, "ehr", &[Scope::MessagesRead]),
                Some(facts()),
                Err(Refusal::ScopeMissing),
            ),
            ("the scope comes before the service", system(OWN, "ehr", &[]), None, Err(Refusal::ScopeMissing)),
            ("no such service", system(OWN, "ehr", all), None, Err(Refusal::NotThere)),
            ("another organisation's system", system(OTHER, "ehr", all), Some(facts()), Err(Refusal::NotRelated)),
            (
                "another organisation hears nothing of agreements",
                system(OTHER, "ehr", all),
                Some(without_agreement.clone()),
                Err(Refusal::NotRelated),
            ),
            ("an operator", operator, Some(facts()), Err(Refusal::NotRelated)),
            (
                "PP-3: no agreement in force",
                system(OWN, "ehr", all),
                Some(without_agreement),
                Err(Refusal::NoAgreementInForce),
            ),
            ("a registered system", system(OWN, "journal", all), Some(with_clients.clone()), Ok(())),
            (
                "a system where all that were registered have ended",
                system(OWN, "ehr", all),
                Some(without_clients),
                Err(Refusal::ClientNotRegistered),
            ),
            (
                "of an organisation that has ended",
                system(OWN, "ehr", all),
                Some(ended.clone()),
                Err(Refusal::OrganisationEnded),
            ),
            ("another's, of one that has ended", system(OTHER, "ehr", all), Some(ended), Err(Refusal::NotRelated)),
            (
                "a system that is not registered",
                system(OWN, "ehr", all),
                Some(with_clients),
                Err(Refusal::ClientNotRegistered),
            ),
        ];
        for (name, caller, facts, expected) in table {
            assert_eq!(
                decide_service(ServiceAction::SendMessage, &caller, facts.as_ref()).map(|_| ()),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn dh_7_members_see_whom_they_follow_up_and_record_access_and_nobody_else_does() {
        let national_id = NationalId::parse("29827200059", NumberSeries::Synthetic).expect("a number");
        let worker = |organisation, assurance| Caller::HealthWorker {
            national_id: national_id.clone(),
            hpr_number: None,
            organisation: number(organisation),
            assurance,
        };
        let member = ServiceFacts { is_member: true, ..facts() };
        let citizen = Caller::Citizen { national_id: national_id.clone(), assurance: Assurance::High };
        let table = [
            ("a member", worker(OWN, Assurance::High), Some(member.clone()), Ok(())),
            ("a member at a lower level", worker(OWN, Assurance::Substantial), None, Err(Refusal::AssuranceTooLow)),
            ("somebody of the organisation", worker(OWN, Assurance::High), Some(facts()), Err(Refusal::NotRelated)),
            (
                "a member, for another organisation",
                worker(OTHER, Assurance::High),
                Some(member.clone()),
                Err(Refusal::NotRelated),
            ),
            ("a citizen", citizen, Some(member.clone()), Err(Refusal::NotRelated)),
            ("a system", system(OWN, "ehr", Scope::VARIANTS), Some(member.clone()), Err(Refusal::WrongKindOfCaller)),
            (
                "a system, of a service that is not there",
                system(OWN, "ehr", Scope::VARIANTS),
                None,
                Err(Refusal::WrongKindOfCaller),
            ),
        ];
        for (name, caller, facts, expected) in table {
            for action in [ServiceAction::SeePatients, ServiceAction::RecordAccess] {
                assert_eq!(decide_service(action, &caller, facts.as_ref()).map(|_| ()), expected, "{name}");
            }
        }
        let sends = decide_service(ServiceAction::SendMessage, &worker(OWN, Assurance::High), Some(&member));
        assert_eq!(sends.map(|_| ()), Err(Refusal::NotRelated), "a member is no system");
    }

    #[test]
    fn what_was_sent_can_be_followed_after_the_agreement_has_ended() {
        let facts = ServiceFacts { agreement_in_force: false, ..facts() };

        let decision =
            decide_service(ServiceAction::FollowSendings, &system(OWN, "ehr", Scope::VARIANTS), Some(&facts));

        assert!(decision.is_ok());
    }
}
