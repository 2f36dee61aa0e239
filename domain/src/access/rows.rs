//! The rows of the decision table: relation × action. What comes before, and hides more, is in [`decide`](mod@super::decide).

use super::action::Action;
use super::decide::Standing;
use super::facts::OwnerFacts;
use super::{Reach, Refusal};
use crate::consent::ConsentLevel;
use crate::rule::Rule;

/// The row of the table: the rule that allows the action, or the reason against it.
pub(super) fn row(action: Action, standing: &Standing, owner: &OwnerFacts) -> Result<Rule, Refusal> {
    match standing {
        Standing::Owner => owner_row(action, owner),
        Standing::Youth => youth_row(action),
        Standing::YouthAlone => youth_alone_row(action),
        Standing::ParentUnder12 => parent_under_12_row(action),
        Standing::ParentUnder16 => parent_under_16_row(action),
        Standing::Holder => holder_row(action, Rule::Ful5),
        Standing::Guardian => holder_row(action, Rule::Ful19),
        Standing::Assigned => assigned_row(action),
        Standing::Staff(reach) => staff_row(action, reach),
    }
}

fn owner_row(action: Action, owner: &OwnerFacts) -> Result<Rule, Refusal> {
    match action {
        Action::DecidePowers if owner.protection.is_graded() => Err(Refusal::NoPowersAtProtectedAddress),
        Action::DecidePowers if owner.consent < ConsentLevel::Basis => Err(Refusal::ConsentRequired),
        Action::DecidePowers => Ok(Rule::Ful2),
        Action::SeePowers => Ok(Rule::Ful8),
        Action::SeeMailbox | Action::SeeProfile => Ok(Rule::Tk4),
        Action::ChangeContactDetails => Ok(Rule::Pp9),
        Action::ExplainAccess => Ok(Rule::Bx2),
        Action::DecideConsent => Ok(Rule::Con9),
        Action::DecideLock => Ok(Rule::Con14),
        Action::AcceptDocument => Ok(Rule::Dh5),
        Action::ListMessages | Action::ReadMessage | Action::MarkMessage | Action::FetchAttachment => Ok(Rule::Hn5),
        Action::DeleteMessage => Ok(Rule::Pp7),
        Action::WithholdFromHolders => Ok(Rule::Ful18),
        Action::WriteMessage => Ok(Rule::Hn2),
        Action::SeeAppointments => Ok(Rule::Hn10),
        Action::SeeHealthContacts => Ok(Rule::Hn11),
        Action::CancelAppointment => Ok(Rule::Dh2),
        Action::ReadAccessLog => Ok(Rule::Ret10),
        Action::WithholdFromParents | Action::AnswerMessage => Err(Refusal::OnlyHealthPersonnel),
        Action::DecideYouthAccess => Err(Refusal::OnlyParents),
    }
}

fn youth_row(action: Action) -> Result<Rule, Refusal> {
    match action {
        Action::SeeMailbox | Action::SeeProfile => Ok(Rule::Tk4),
        Action::ChangeContactDetails => Ok(Rule::Pp9),
        Action::ExplainAccess => Ok(Rule::Bx2),
        Action::AcceptDocument => Ok(Rule::Con12),
        Action::ListMessages
        | Action::ReadMessage
        | Action::MarkMessage
        | Action::DeleteMessage
        | Action::FetchAttachment
        | Action::WriteMessage
        | Action::SeeAppointments
        | Action::SeeHealthContacts
        | Action::CancelAppointment => Ok(Rule::Chi8),
        Action::ReadAccessLog => Ok(Rule::Ret10),
        Action::WithholdFromParents | Action::AnswerMessage => Err(Refusal::OnlyHealthPersonnel),
        Action::DecideYouthAccess => Err(Refusal::OnlyParents),
        Action::DecideConsent
        | Action::DecideLock
        | Action::DecidePowers
        | Action::SeePowers
        | Action::WithholdFromHolders => Err(Refusal::OwnerTooYoung),
    }
}

fn youth_alone_row(action: Action) -> Result<Rule, Refusal> {
    match action {
        Action::SeeMailbox | Action::SeeProfile => Ok(Rule::Tk4),
        Action::ChangeContactDetails => Ok(Rule::Pp9),
        Action::ExplainAccess => Ok(Rule::Bx2),
        Action::ListMessages
        | Action::ReadMessage
        | Action::MarkMessage
        | Action::FetchAttachment
        | Action::WriteMessage
        | Action::SeeAppointments
        | Action::SeeHealthContacts
        | Action::CancelAppointment => Ok(Rule::Chi10),
        Action::ReadAccessLog => Ok(Rule::Ret10),
        Action::WithholdFromParents | Action::AnswerMessage => Err(Refusal::OnlyHealthPersonnel),
        Action::DecideYouthAccess => Err(Refusal::OnlyParents),
        Action::DecideConsent
        | Action::DecideLock
        | Action::DecidePowers
        | Action::SeePowers
        | Action::AcceptDocument
        | Action::DeleteMessage
        | Action::WithholdFromHolders => Err(Refusal::OwnerTooYoung),
    }
}

fn parent_under_12_row(action: Action) -> Result<Rule, Refusal> {
    match action {
        Action::WriteMessage
        | Action::SeeAppointments
        | Action::SeeHealthContacts
        | Action::CancelAppointment
        | Action::SeeMailbox
        | Action::ListMessages
        | Action::ReadMessage
        | Action::MarkMessage
        | Action::FetchAttachment => Ok(Rule::Chi1),
        Action::ExplainAccess => Ok(Rule::Bx2),
        Action::ReadAccessLog => Ok(Rule::Ret10),
        Action::DecideConsent => Ok(Rule::Chi12),
        // There is nothing to give yet: the child is below the age of youth access.
        Action::DecideYouthAccess => Err(Refusal::OwnerTooYoung),
        Action::WithholdFromParents | Action::AnswerMessage => Err(Refusal::OnlyHealthPersonnel),
        Action::DeleteMessage
        | Action::WithholdFromHolders
        | Action::SeeProfile
        | Action::ChangeContactDetails
        | Action::DecideLock
        | Action::DecidePowers
        | Action::SeePowers
        | Action::AcceptDocument => Err(Refusal::OnlyTheOwner),
    }
}

fn parent_under_16_row(action: Action) -> Result<Rule, Refusal> {
    match action {
        Action::SeeMailbox
        | Action::ListMessages
        | Action::ReadMessage
        | Action::MarkMessage
        | Action::FetchAttachment
        | Action::SeeAppointments
        | Action::SeeHealthContacts => Ok(Rule::Chi3),
        Action::ExplainAccess => Ok(Rule::Bx2),
        Action::DecideConsent => Ok(Rule::Chi12),
        Action::DecideYouthAccess => Ok(Rule::Chi8),
        Action::WriteMessage | Action::CancelAppointment => Err(Refusal::ChildIsTwelve),
        Action::WithholdFromParents | Action::AnswerMessage => Err(Refusal::OnlyHealthPersonnel),
        Action::ReadAccessLog
        | Action::DeleteMessage
        | Action::WithholdFromHolders
        | Action::SeeProfile
        | Action::ChangeContactDetails
        | Action::DecideLock
        | Action::DecidePowers
        | Action::SeePowers
        | Action::AcceptDocument => Err(Refusal::OnlyTheOwner),
    }
}

/// A holder sees, writes and cancels, and decides nothing (FUL-9).
fn holder_row(action: Action, rule: Rule) -> Result<Rule, Refusal> {
    match action {
        Action::SeeMailbox
        | Action::ListMessages
        | Action::ReadMessage
        | Action::FetchAttachment
        | Action::WriteMessage
        | Action::SeeAppointments
        | Action::SeeHealthContacts
        | Action::CancelAppointment => Ok(rule),
        Action::ExplainAccess => Ok(Rule::Bx2),
        Action::DecideYouthAccess => Err(Refusal::OnlyParents),
        Action::WithholdFromParents | Action::AnswerMessage => Err(Refusal::OnlyHealthPersonnel),
        Action::MarkMessage
        | Action::DeleteMessage
        | Action::WithholdFromHolders
        | Action::ReadAccessLog
        | Action::DecideConsent
        | Action::SeeProfile
        | Action::ChangeContactDetails
        | Action::DecideLock
        | Action::DecidePowers
        | Action::SeePowers
        | Action::AcceptDocument => Err(Refusal::OnlyTheOwner),
    }
}

fn assigned_row(action: Action) -> Result<Rule, Refusal> {
    match action {
        Action::SeeMailbox
        | Action::ListMessages
        | Action::ReadMessage
        | Action::MarkMessage
        | Action::DeleteMessage
        | Action::FetchAttachment
        | Action::WriteMessage
        | Action::SeeAppointments
        | Action::SeeHealthContacts
        | Action::CancelAppointment
        | Action::DecideConsent => Ok(Rule::Ful14),
        Action::ExplainAccess => Ok(Rule::Bx2),
        Action::DecideYouthAccess => Err(Refusal::OnlyParents),
        Action::WithholdFromParents | Action::AnswerMessage => Err(Refusal::OnlyHealthPersonnel),
        Action::WithholdFromHolders
        | Action::ReadAccessLog
        | Action::SeeProfile
        | Action::ChangeContactDetails
        | Action::DecideLock
        | Action::DecidePowers
        | Action::SeePowers
        | Action::AcceptDocument => Err(Refusal::OnlyTheOwner),
    }
}

/// What is of the patient and of no conversation takes lawful access to the patient.
fn staff_row(action: Action, reach: &Reach) -> Result<Rule, Refusal> {
    match action {
        Action::SeeMailbox
        | Action::ListMessages
        | Action::ReadMessage
        | Action::FetchAttachment
        | Action::AnswerMessage => Ok(Rule::Dh7),
        Action::SeeAppointments | Action::SeeHealthContacts | Action::CancelAppointment => {
            if reach.is_of_patient() {
                Ok(Rule::Dh7)
            } else {
                Err(Refusal::NotFollowedUp)
            }
        }
        Action::ExplainAccess => Ok(Rule::Bx2),
        Action::WithholdFromParents => Ok(Rule::Chi6),
        Action::SeeProfile
        | Action::ChangeContactDetails
        | Action::DecideConsent
        | Action::DecideYouthAccess
        | Action::DecideLock
        | Action::DecidePowers
        | Action::SeePowers
        | Action::AcceptDocument
        | Action::WriteMessage
        | Action::MarkMessage
        | Action::DeleteMessage
        | Action::WithholdFromHolders
        | Action::ReadAccessLog => Err(Refusal::OnlyTheOwner),
    }
}
