//! What people and systems do, by one list of words: the logs, the explanation of access and the contract share it.
//!
//! An act is finer than what is decided about: to look for a recipient and to write to one are two acts, and both take
//! [`Action::WriteMessage`]. Each act is of one door, which alone lets it be done and puts it on record.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Action, OrganisationAction, PlatformAction, ServiceAction};

/// The word of an act. It is stored for years and sent to clients: never change one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Word(&'static str);

impl Word {
    /// The word as it is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The word that is written so; none where there is no such act.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        static WORDS: LazyLock<Vec<Word>> = LazyLock::new(words);
        WORDS.binary_search_by(|word| word.0.cmp(text)).ok().map(|at| WORDS[at])
    }
}

/// What somebody does, and what it takes to be let do it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Act<T> {
    word: Word,
    takes: T,
    meaning: &'static str,
}

impl<T: Copy> Act<T> {
    const fn new(word: &'static str, takes: T, meaning: &'static str) -> Self {
        Self { word: Word(word), takes, meaning }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> Word {
        self.word
    }

    /// What is decided about before it is done.
    #[must_use]
    pub const fn takes(self) -> T {
        self.takes
    }
}

/// What is done in a conversation for its service, by a member at the door of the patient's mailbox, or by a system at that
/// of the service.
impl DeskAct {
    /// The same at the service's door.
    #[must_use]
    pub const fn at_service(self) -> ServiceAct {
        Act { word: self.word, takes: self.takes.0, meaning: self.meaning }
    }

    /// The same at the door of the patient's mailbox.
    #[must_use]
    pub const fn in_mailbox(self) -> MailboxAct {
        Act { word: self.word, takes: self.takes.1, meaning: self.meaning }
    }
}

macro_rules! acts {
    ($(#[$meaning:meta])+ $name:ident takes $takes:ty { $($(#[doc = $text:literal])+ $act:ident = $word:literal takes $by:expr;)+ }) => {
        $(#[$meaning])+
        pub type $name = Act<$takes>;

        impl $name {
            $($(#[doc = $text])+ pub const $act: Self = Self::new($word, $by, concat!($($text),+));)+

            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$act),+];
        }
    };
}

acts! {
    /// What is done in a mailbox.
    MailboxAct takes Action {
        /// See that the mailbox is there, its owner's name and its unread count.
        SEE_MAILBOX = "seeMailbox" takes Action::SeeMailbox;
        /// Ask who may do what here, and why.
        EXPLAIN_ACCESS = "explainAccess" takes Action::ExplainAccess;
        /// See who did what.
        READ_ACCESS_LOG = "readAccessLog" takes Action::ReadAccessLog;
        /// See the profile that is held of the owner.
        SEE_PROFILE = "seeProfile" takes Action::SeeProfile;
        /// See how the owner can be reached.
        SEE_CONTACT_DETAILS = "seeContactDetails" takes Action::SeeProfile;
        /// Say or correct how the owner can be reached.
        CHANGE_CONTACT_DETAILS = "changeContactDetails" takes Action::ChangeContactDetails;
        /// See of what the owner is told, and how.
        SEE_NOTIFICATION_SETTINGS = "seeNotificationSettings" takes Action::SeeProfile;
        /// Decide of what the owner is told, and how.
        CHANGE_NOTIFICATION_SETTINGS = "changeNotificationSettings" takes Action::ChangeContactDetails;
        /// Give or change consent.
        GIVE_CONSENT = "giveConsent" takes Action::DecideConsent;
        /// Withdraw consent.
        WITHDRAW_CONSENT = "withdrawConsent" takes Action::DecideConsent;
        /// See the consents that were given and withdrawn.
        LIST_CONSENTS = "listConsents" takes Action::DecideConsent;
        /// Accept a document, such as the terms of use.
        ACCEPT_DOCUMENT = "acceptDocument" takes Action::AcceptDocument;
        /// Give a child access of its own.
        GIVE_YOUTH_ACCESS = "giveYouthAccess" takes Action::DecideYouthAccess;
        /// Take a child's own access back.
        TAKE_YOUTH_ACCESS = "takeYouthAccess" takes Action::DecideYouthAccess;
        /// Lock one's own mailbox.
        LOCK_MAILBOX = "lockMailbox" takes Action::DecideLock;
        /// Open one's own mailbox again.
        UNLOCK_MAILBOX = "unlockMailbox" takes Action::DecideLock;
        /// Give a power of attorney.
        GIVE_POWER = "givePowerOfAttorney" takes Action::DecidePowers;
        /// Change a power of attorney.
        CHANGE_POWER = "changePowerOfAttorney" takes Action::DecidePowers;
        /// List the powers of attorney that one has given or received.
        LIST_POWERS = "listPowersOfAttorney" takes Action::SeePowers;
        /// See one power of attorney.
        SEE_POWER = "seePowerOfAttorney" takes Action::SeePowers;
        /// End a power of attorney.
        END_POWER = "endPowerOfAttorney" takes Action::SeePowers;
        /// See the overview.
        LIST_MESSAGES = "listMessages" takes Action::ListMessages;
        /// Read a message.
        READ_MESSAGE = "readMessage" takes Action::ReadMessage;
        /// Fetch a file.
        FETCH_ATTACHMENT = "fetchAttachment" takes Action::FetchAttachment;
        /// Mark a message as read or unread.
        MARK_MESSAGE = "markMessage" takes Action::MarkMessage;
        /// Delete a message from the inbox.
        DELETE_MESSAGE = "deleteMessage" takes Action::DeleteMessage;
        /// Withhold a message from holders of a power of attorney.
        WITHHOLD_FROM_HOLDERS = "withholdFromHolders" takes Action::WithholdFromHolders;
        /// Show holders of a power of attorney a message that was withheld from them.
        SHOW_TO_HOLDERS = "showToHolders" takes Action::WithholdFromHolders;
        /// Withhold a message from parents.
        WITHHOLD_FROM_PARENTS = "withholdFromParents" takes Action::WithholdFromParents;
        /// Show parents a message that was withheld from them.
        SHOW_TO_PARENTS = "showToParents" takes Action::WithholdFromParents;
        /// List the conversations.
        LIST_CONVERSATIONS = "listConversations" takes Action::ListMessages;
        /// See one conversation, and how it stands.
        SEE_CONVERSATION = "seeConversation" takes Action::ReadMessage;
        /// Look for whom one can write to.
        FIND_RECIPIENTS = "findRecipients" takes Action::WriteMessage;
        /// List the forms of a service.
        LIST_FORMS = "listForms" takes Action::WriteMessage;
        /// Begin a conversation or write a letter.
        WRITE_MESSAGE = "writeMessage" takes Action::WriteMessage;
        /// Answer in a conversation.
        WRITE_REPLY = "writeReply" takes Action::WriteMessage;
        /// List one's drafts.
        LIST_DRAFTS = "listDrafts" takes Action::WriteMessage;
        /// See one of one's drafts.
        SEE_DRAFT = "seeDraft" takes Action::WriteMessage;
        /// Begin or change a draft.
        SAVE_DRAFT = "saveDraft" takes Action::WriteMessage;
        /// Throw a draft away.
        DISCARD_DRAFT = "discardDraft" takes Action::WriteMessage;
        /// Send a draft.
        SEND_DRAFT = "sendDraft" takes Action::WriteMessage;
        /// Announce a file.
        BEGIN_UPLOAD = "beginUpload" takes Action::WriteMessage;
        /// See how an announced file stands.
        SEE_UPLOAD = "seeUpload" takes Action::WriteMessage;
        /// Hand in the bytes of a file.
        FILL_UPLOAD = "fillUpload" takes Action::WriteMessage;
        /// List appointments and visits.
        LIST_APPOINTMENTS = "listAppointments" takes Action::SeeAppointments;
        /// See one appointment or visit.
        SEE_APPOINTMENT = "seeAppointment" takes Action::SeeAppointments;
        /// Cancel an appointment or visit.
        CANCEL_APPOINTMENT = "cancelAppointment" takes Action::CancelAppointment;
        /// List health contacts.
        LIST_HEALTH_CONTACTS = "listHealthContacts" takes Action::SeeHealthContacts;
    }
}

acts! {
    /// What is done in a conversation for its service.
    DeskAct takes (ServiceAction, Action) {
        /// See one conversation, and how it stands.
        SEE_CONVERSATION = "seeConversation" takes SEE;
        /// Read the messages of a conversation.
        READ_CONVERSATION = "readConversation" takes SEE;
        /// Fetch a file.
        FETCH_ATTACHMENT = "fetchAttachment" takes SEE;
        /// Read what staff have noted.
        READ_NOTES = "readNotes" takes SEE;
        /// Fetch what is to be archived in the patient's journal.
        FETCH_JOURNAL_DOCUMENT = "fetchJournalDocument" takes SEE;
        /// Answer as the service.
        ANSWER_MESSAGE = "answerMessage" takes WORK;
        /// Say who is to answer, or take it oneself.
        ASSIGN_CONVERSATION = "assignConversation" takes WORK;
        /// Close a conversation.
        CLOSE_CONVERSATION = "closeConversation" takes WORK;
        /// Open a conversation again.
        REOPEN_CONVERSATION = "reopenConversation" takes WORK;
        /// Note something that citizens never see.
        ADD_NOTE = "addNote" takes WORK;
        /// Mark what is relevant to care.
        MARK_FOR_JOURNAL = "markForJournal" takes WORK;
        /// Say whether the journal has archived it.
        CONFIRM_ARCHIVING = "confirmArchiving" takes WORK;
    }
}

const SEE: (ServiceAction, Action) = (ServiceAction::SeeConversations, Action::ReadMessage);
const WORK: (ServiceAction, Action) = (ServiceAction::WorkConversations, Action::AnswerMessage);

acts! {
    /// What is done for a service.
    ServiceAct takes ServiceAction {
        /// See a service's settings.
        SEE_SERVICE = "seeService" takes ServiceAction::SeeService;
        /// Change a service's settings.
        CHANGE_SERVICE = "changeService" takes ServiceAction::ChangeService;
        /// List the forms of a service.
        LIST_FORMS = "listForms" takes ServiceAction::SeeService;
        /// Register a form, or a new version of one.
        REGISTER_FORM = "registerForm" takes ServiceAction::ChangeService;
        /// Take a form out of use.
        RETIRE_FORM = "retireForm" takes ServiceAction::ChangeService;
        /// Send a message.
        SEND_MESSAGE = "sendMessage" takes ServiceAction::SendMessage;
        /// Take a message back before it was read.
        WITHDRAW_MESSAGE = "withdrawMessage" takes ServiceAction::SendMessage;
        /// List what was sent.
        LIST_SENDINGS = "listSendings" takes ServiceAction::FollowSendings;
        /// See where a message stands.
        SEE_SENDING = "seeSending" takes ServiceAction::FollowSendings;
        /// Announce a file.
        BEGIN_UPLOAD = "beginUpload" takes ServiceAction::UploadFile;
        /// See how an announced file stands.
        SEE_UPLOAD = "seeUpload" takes ServiceAction::UploadFile;
        /// Hand in the bytes of a file.
        FILL_UPLOAD = "fillUpload" takes ServiceAction::UploadFile;
        /// Ask which way a message would take.
        PREVIEW_ROUTING = "previewRouting" takes ServiceAction::PreviewRouting;
        /// Ask over which channels persons can be reached.
        CHECK_REACHABILITY = "checkReachability" takes ServiceAction::CheckReachability;
        /// Make somebody a member, or change for whom they are cleared.
        PUT_MEMBER = "putMember" takes ServiceAction::ManageStaff;
        /// List the members.
        LIST_MEMBERS = "listMembers" takes ServiceAction::ManageStaff;
        /// End a membership.
        REMOVE_MEMBER = "removeMember" takes ServiceAction::ManageStaff;
        /// Say that a member follows a patient up.
        BEGIN_FOLLOW_UP = "beginFollowUp" takes ServiceAction::ManageStaff;
        /// Say that a member follows a patient up no more.
        END_FOLLOW_UP = "endFollowUp" takes ServiceAction::ManageStaff;
        /// List who follows whom up.
        LIST_FOLLOW_UPS = "listFollowUps" takes ServiceAction::ManageStaff;
        /// Say who receives the service.
        TELL_RELATIONSHIPS = "tellRelationships" takes ServiceAction::ManageRelationships;
        /// List who receives the service.
        LIST_RELATIONSHIPS = "listRelationships" takes ServiceAction::ManageRelationships;
        /// See in the queue that there are conversations, with whom, and their subjects.
        LIST_QUEUE = "listQueue" takes ServiceAction::SeeConversations;
        /// Tell of an appointment, or of a change to it.
        TELL_APPOINTMENT = "tellAppointment" takes ServiceAction::ManageAppointments;
        /// See one appointment or visit.
        SEE_APPOINTMENT = "seeAppointment" takes ServiceAction::SeeAppointments;
        /// Cancel an appointment or visit.
        CANCEL_APPOINTMENT = "cancelAppointment" takes ServiceAction::ManageAppointments;
        /// Tell of health contacts.
        TELL_HEALTH_CONTACTS = "tellHealthContacts" takes ServiceAction::ManageHealthContacts;
        /// List the patients whom one follows up.
        LIST_PATIENTS = "listPatients" takes ServiceAction::SeePatients;
        /// Put on record that one has lawful access to a patient, and why.
        RECORD_ACCESS = "recordAccess" takes ServiceAction::RecordAccess;
    }
}

acts! {
    /// What systems do for their organisation as a whole.
    OrganisationAct takes OrganisationAction {
        /// Follow the feed of what happens.
        FOLLOW_EVENTS = "followEvents" takes OrganisationAction::FollowEvents;
        /// List the webhooks.
        LIST_WEBHOOKS = "listWebhooks" takes OrganisationAction::SeeWebhooks;
        /// See one webhook.
        SEE_WEBHOOK = "seeWebhook" takes OrganisationAction::SeeWebhooks;
        /// List what a webhook has not delivered.
        LIST_WEBHOOK_DELIVERIES = "listWebhookDeliveries" takes OrganisationAction::SeeWebhooks;
        /// Say to which address events are sent.
        CREATE_WEBHOOK = "createWebhook" takes OrganisationAction::ManageWebhooks;
        /// Change a webhook.
        CHANGE_WEBHOOK = "changeWebhook" takes OrganisationAction::ManageWebhooks;
        /// Delete a webhook.
        DELETE_WEBHOOK = "deleteWebhook" takes OrganisationAction::ManageWebhooks;
        /// Give a webhook a new key.
        ADD_WEBHOOK_KEY = "addWebhookKey" takes OrganisationAction::ManageWebhooks;
        /// Send a webhook an event as a test.
        TEST_WEBHOOK = "testWebhook" takes OrganisationAction::ManageWebhooks;
        /// Have events sent again.
        REDELIVER_EVENTS = "redeliverEvents" takes OrganisationAction::ManageWebhooks;
        /// Read what the organisation's own staff and systems did.
        READ_STAFF_LOG = "readStaffLog" takes OrganisationAction::ReadStaffLog;
    }
}

acts! {
    /// What operators do.
    PlatformAct takes PlatformAction {
        /// List the organisations.
        LIST_ORGANISATIONS = "listOrganisations" takes PlatformAction::SeeOrganisations;
        /// See one organisation.
        SEE_ORGANISATION = "seeOrganisation" takes PlatformAction::SeeOrganisations;
        /// List an organisation's agreements.
        LIST_AGREEMENTS = "listAgreements" takes PlatformAction::SeeOrganisations;
        /// List an organisation's registered systems.
        LIST_CLIENTS = "listClients" takes PlatformAction::SeeOrganisations;
        /// List an organisation's services.
        LIST_SERVICES = "listServices" takes PlatformAction::SeeOrganisations;
        /// Register an organisation.
        REGISTER_ORGANISATION = "registerOrganisation" takes PlatformAction::RegisterOrganisation;
        /// Register a data-processing agreement.
        REGISTER_AGREEMENT = "registerAgreement" takes PlatformAction::RegisterAgreement;
        /// Register a system.
        REGISTER_CLIENT = "registerClient" takes PlatformAction::RegisterClient;
        /// End an organisation's use of the mailbox.
        END_ORGANISATION = "endOrganisation" takes PlatformAction::EndOrganisation;
        /// End a data-processing agreement.
        END_AGREEMENT = "endAgreement" takes PlatformAction::EndAgreement;
        /// End a system's acting for an organisation.
        END_CLIENT = "endClient" takes PlatformAction::EndClient;
        /// Open a service.
        REGISTER_SERVICE = "registerService" takes PlatformAction::RegisterService;
        /// Register a version of a privacy notice.
        REGISTER_PRIVACY_NOTICE = "registerPrivacyNotice" takes PlatformAction::RegisterPrivacyNotice;
        /// Name a service area.
        NAME_SERVICE_AREA = "nameServiceArea" takes PlatformAction::NameServiceArea;
        /// Register a power of attorney that came on paper or was assigned.
        REGISTER_POWER = "registerPowerOfAttorney" takes PlatformAction::RegisterPower;
        /// End a power of attorney.
        END_POWER = "endPowerOfAttorney" takes PlatformAction::EndPower;
        /// Confirm a power of attorney that another operator has put on record.
        CONFIRM_POWER = "confirmPowerOfAttorney" takes PlatformAction::ConfirmPower;
        /// See what operators have done.
        LIST_OPERATOR_ACTS = "listOperatorActs" takes PlatformAction::SeeOperators;
        /// List work that is in trouble.
        LIST_JOBS = "listJobs" takes PlatformAction::SeeJobs;
        /// Have work tried again.
        RESTART_JOB = "restartJob" takes PlatformAction::RestartJob;
        /// Say whether a carrier had taken a letter.
        SETTLE_HANDOVER = "settleHandover" takes PlatformAction::SettleHandover;
    }
}

acts! {
    /// What nobody is let do: it stands in the logs alone.
    OtherAct takes () {
        /// Try to get at a mailbox with which one has nothing to do.
        SEEK_ACCESS = "seekAccess" takes ();
    }
}

/// All that can be done in a mailbox, by whomever, each once.
#[must_use]
pub fn in_mailbox() -> Vec<MailboxAct> {
    let desk = DeskAct::ALL.iter().map(|act| act.in_mailbox());
    let is_another = |act: &MailboxAct| MailboxAct::ALL.iter().all(|known| known.word() != act.word());
    MailboxAct::ALL.iter().copied().chain(desk.filter(is_another)).collect()
}

/// Every word that a log can have, in alphabetical order, with what it means.
#[must_use]
pub fn vocabulary() -> BTreeMap<Word, &'static str> {
    fn of<T: Copy>(acts: &[Act<T>]) -> impl Iterator<Item = (Word, &'static str)> {
        acts.iter().map(|act| (act.word, act.meaning.trim()))
    }
    of(MailboxAct::ALL)
        .chain(of(DeskAct::ALL))
        .chain(of(ServiceAct::ALL))
        .chain(of(OrganisationAct::ALL))
        .chain(of(PlatformAct::ALL))
        .chain(of(OtherAct::ALL))
        .collect()
}

/// Every word that a log can have, in alphabetical order.
#[must_use]
pub fn words() -> Vec<Word> {
    vocabulary().into_keys().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantArray as _;

    use super::*;

    fn each_once(words: impl Iterator<Item = Word>) {
        let words: Vec<Word> = words.collect();
        let distinct: BTreeSet<Word> = words.iter().copied().collect();
        assert_eq!(words.len(), distinct.len(), "each act of a door has a word of its own: {words:?}");
    }

    #[test]
    fn bx_6_each_act_of_a_door_has_a_word_of_its_own_in_camel_case() {
        each_once(MailboxAct::ALL.iter().map(|act| act.word()));
        each_once(DeskAct::ALL.iter().map(|act| act.word()));
        each_once(ServiceAct::ALL.iter().map(|act| act.word()));
        each_once(OrganisationAct::ALL.iter().map(|act| act.word()));
        each_once(PlatformAct::ALL.iter().map(|act| act.word()));
        for word in words() {
            assert!(word.as_str().chars().all(|letter| letter.is_ascii_alphabetic()), "{word:?}");
            assert!(word.as_str().starts_with(|letter: char| letter.is_ascii_lowercase()), "{word:?}");
            assert_eq!(Word::parse(word.as_str()), Some(word));
        }
        assert_eq!(Word::parse("readEverything"), None);
    }

    #[test]
    fn a_word_of_several_doors_means_the_same_at_each() {
        let mailbox = MailboxAct::ALL.iter().map(|act| (act.word, act.meaning));
        let desk = DeskAct::ALL.iter().map(|act| (act.word, act.meaning));
        let service = ServiceAct::ALL.iter().map(|act| (act.word, act.meaning));
        let platform = PlatformAct::ALL.iter().map(|act| (act.word, act.meaning));
        for (word, meaning) in mailbox.chain(desk).chain(service).chain(platform) {
            assert_eq!(vocabulary()[&word], meaning.trim(), "{word:?}");
        }
    }

    #[test]
    fn everything_that_is_decided_about_has_an_act() {
        let mailbox = MailboxAct::ALL.iter().map(|act| act.takes());
        let desk = DeskAct::ALL.iter();
        let decided: Vec<Action> = mailbox.chain(desk.clone().map(|act| act.takes().1)).collect();
        assert_eq!(Action::VARIANTS.iter().find(|action| !decided.contains(action)), None);
        let service = ServiceAct::ALL.iter().map(|act| act.takes());
        let decided: Vec<ServiceAction> = service.chain(desk.map(|act| act.takes().0)).collect();
        assert_eq!(ServiceAction::VARIANTS.iter().find(|action| !decided.contains(action)), None);
        let decided: Vec<OrganisationAction> = OrganisationAct::ALL.iter().map(|act| act.takes()).collect();
        assert_eq!(OrganisationAction::VARIANTS.iter().find(|action| !decided.contains(action)), None);
        let decided: Vec<PlatformAction> = PlatformAct::ALL.iter().map(|act| act.takes()).collect();
        assert_eq!(PlatformAction::VARIANTS.iter().find(|action| !decided.contains(action)), None);
    }
}
