//! The ids of the rules that decide. Each refusal, allowance and routing names the one that decided (BX-2, BX-3).

use strum::{EnumString, IntoStaticStr, VariantArray};

/// A rule of the requirements or of the law and practice behind them, by its id.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
pub enum Rule {
    /// Consent may be given, changed and withdrawn at any time, by the person alone.
    #[strum(serialize = "CON-9")]
    Con9,
    /// A message whose service asks for more than the owner's consent does not reach the inbox.
    #[strum(serialize = "CON-6")]
    Con6,
    /// Without consent the sender's message is rejected, not silently stored.
    #[strum(serialize = "CON-7")]
    Con7,
    /// Two separate acceptances, each with version and time.
    #[strum(serialize = "DH-5")]
    Dh5,
    /// A child under 16 reads only by youth access.
    #[strum(serialize = "CHI-8")]
    Chi8,
    /// An organisation sends a citizen a letter.
    #[strum(serialize = "HK-1")]
    Hk1,
    /// The recipient is a service or a citizen, never a named employee.
    #[strum(serialize = "HK-2")]
    Hk2,
    /// Attachments are of the types that the service takes, judged by their bytes.
    #[strum(serialize = "HK-4")]
    Hk4,
    /// Reading takes an electronic identity at level high.
    #[strum(serialize = "HK-8")]
    Hk8,
    /// The portal inbox comes first, then the digital mailbox, then paper.
    #[strum(serialize = "HN-4")]
    Hn4,
    /// The inbox takes consent at level Basis or higher.
    #[strum(serialize = "HN-5")]
    Hn5,
    /// At a protected address the inbox works, without content of services closed to such persons.
    #[strum(serialize = "HN-9")]
    Hn9,
    /// Sending takes a data-processing agreement in force.
    #[strum(serialize = "PP-3")]
    Pp3,
    /// Content is open to the citizen and to the sending service's own staff and systems, and to nobody else.
    #[strum(serialize = "PP-5")]
    Pp5,
    /// A service may write to those who have not joined; it is told when nobody reads.
    #[strum(serialize = "PP-6")]
    Pp6,
    /// Citizens delete from their own inbox at any time; the sender's record stays.
    #[strum(serialize = "PP-7")]
    Pp7,
    /// The dead and those not in the register get nothing in a digital mailbox.
    #[strum(serialize = "KRR-8")]
    Krr8,
    /// The access log shows the owner who saw what, and on what ground.
    #[strum(serialize = "RET-10")]
    Ret10,
    /// An entry about a health worker has the HPR number, where the work takes an authorisation.
    #[strum(serialize = "RET-11")]
    Ret11,
    /// A supplier's operators see configuration and figures, never content.
    #[strum(serialize = "PJL-22")]
    Pjl22,
    /// What the citizen may see of what is held about them.
    #[strum(serialize = "TK-4")]
    Tk4,
    /// Nobody represents, or is represented by, somebody with a protected address.
    #[strum(serialize = "ADR-5")]
    Adr5,
    /// A health worker reads of protected patients only with the role for the grade, and never of themselves or close family.
    #[strum(serialize = "ADR-7")]
    Adr7,
    /// Protection ends and changes: what the register says is not trusted for long.
    #[strum(serialize = "ADR-11")]
    Adr11,
    /// Each refusal and each allowance names the rule that decided.
    #[strum(serialize = "BX-2")]
    Bx2,
    /// Delivered means read, or on paper; until then the sender can take it back.
    #[strum(serialize = "BX-4")]
    Bx4,
    /// A sender's organisation follows what happens in an ordered feed, without gaps, and by webhooks on top of it.
    #[strum(serialize = "BX-8")]
    Bx8,
    /// Whoever has parental responsibility for a child under 12 uses the inbox for it, but not every message.
    #[strum(serialize = "CHI-1")]
    Chi1,
    /// Parents represent a child when somebody responsible is registered at its address.
    #[strum(serialize = "CHI-2")]
    Chi2,
    /// Parents of a child of 12 to 15 see less.
    #[strum(serialize = "CHI-3")]
    Chi3,
    /// From the sixteenth birthday the access of parents is gone.
    #[strum(serialize = "CHI-4")]
    Chi4,
    /// From 12 on parents do not write on behalf of the child.
    #[strum(serialize = "CHI-5")]
    Chi5,
    /// Health personnel withhold a message from parents.
    #[strum(serialize = "CHI-6")]
    Chi6,
    /// What a parent sent on behalf of the child is not shown to the child.
    #[strum(serialize = "CHI-9")]
    Chi9,
    /// What a child arranges alone takes nobody's consent and is never shown to parents.
    #[strum(serialize = "CHI-10")]
    Chi10,
    /// Parents consent for a child under 16.
    #[strum(serialize = "CHI-12")]
    Chi12,
    /// A young person with access of their own accepts terms.
    #[strum(serialize = "CON-12")]
    Con12,
    /// The owner locks the mailbox.
    #[strum(serialize = "CON-14")]
    Con14,
    /// Citizens cancel a visit where the service allows it.
    #[strum(serialize = "DH-2")]
    Dh2,
    /// A message is read only by staff with lawful access to the citizen.
    #[strum(serialize = "DH-7")]
    Dh7,
    /// A power of attorney is given digitally, or on paper without an electronic identity.
    #[strum(serialize = "DH-10")]
    Dh10,
    /// A giver is 16 or older; a holder 18 or older and in the population register.
    #[strum(serialize = "FUL-2")]
    Ful2,
    /// A power of attorney covers chosen service areas.
    #[strum(serialize = "FUL-3")]
    Ful3,
    /// The inbox takes service area 3.
    #[strum(serialize = "FUL-4")]
    Ful4,
    /// A holder of area 3 sees information and visits, writes and answers.
    #[strum(serialize = "FUL-5")]
    Ful5,
    /// A power of attorney holds for its period; an edit replaces it.
    #[strum(serialize = "FUL-7")]
    Ful7,
    /// Either side ends a power of attorney at any time.
    #[strum(serialize = "FUL-8")]
    Ful8,
    /// A representative assists, and does not decide in the owner's place.
    #[strum(serialize = "FUL-9")]
    Ful9,
    /// No power of attorney is given or received at a protected address.
    #[strum(serialize = "FUL-13")]
    Ful13,
    /// A power of attorney assigned for somebody who lacks decision competence, for five years at most.
    #[strum(serialize = "FUL-14")]
    Ful14,
    /// Whoever gives a power of attorney has consented to the service.
    #[strum(serialize = "FUL-15")]
    Ful15,
    /// A power of attorney that is given, changed or ended is told to both sides.
    #[strum(serialize = "FUL-17")]
    Ful17,
    /// The owner chooses for each message whether holders see it.
    #[strum(serialize = "FUL-18")]
    Ful18,
    /// Guardians have no inbox right of their own.
    #[strum(serialize = "FUL-19")]
    Ful19,
    /// Citizens write to those of their contacts that offer digital dialogue.
    #[strum(serialize = "HN-2")]
    Hn2,
    /// What the inbox gets: receipts for a change of general practitioner among others.
    #[strum(serialize = "HN-3")]
    Hn3,
    /// All future appointments in one list.
    #[strum(serialize = "HN-10")]
    Hn10,
    /// A link to a municipal service works from the day after.
    #[strum(serialize = "CON-15")]
    Con15,
    /// Writing takes that the service is received and that it has opened for it.
    #[strum(serialize = "CON-17")]
    Con17,
    /// Citizens and services write to each other in conversations.
    #[strum(serialize = "DH-1")]
    Dh1,
    /// What a service's own system has told works from the next day.
    #[strum(serialize = "DH-6")]
    Dh6,
    /// Nobody writes to a service that they do not receive.
    #[strum(serialize = "DH-8")]
    Dh8,
    /// A letter has no reply.
    #[strum(serialize = "HK-3")]
    Hk3,
    /// Health contacts, current and former.
    #[strum(serialize = "HN-11")]
    Hn11,
    /// Who writes gets a receipt at once, with reference and time.
    #[strum(serialize = "KRR-11")]
    Krr11,
    /// The right of access goes through the mailbox.
    #[strum(serialize = "PP-8")]
    Pp8,
    /// Whom to ask for corrections.
    #[strum(serialize = "PP-9")]
    Pp9,
    /// A privacy notice that is open to all.
    #[strum(serialize = "PP-11")]
    Pp11,
    /// Applications are taken on forms, not as messages.
    #[strum(serialize = "TK-2")]
    Tk2,
    /// What is relevant to care is archived in the journal, which confirms it.
    #[strum(serialize = "TK-3")]
    Tk3,
    /// Messages can carry the answers of a form.
    #[strum(serialize = "TK-9")]
    Tk9,
    /// Each sender lists the external mailbox providers and channels that it uses.
    #[strum(serialize = "HK-5")]
    Hk5,
    /// Citizens choose their own mailbox; who has none gets the next channel.
    #[strum(serialize = "HK-7")]
    Hk7,
    /// Whoever has never used an ID-porten service gets formal post on paper.
    #[strum(serialize = "HK-9")]
    Hk9,
    /// Whoever is reserved gets no decision, nor what is as important, in a digital channel.
    #[strum(serialize = "KRR-4")]
    Krr4,
    /// The inbox comes first, then the chosen digital mailbox, then paper.
    #[strum(serialize = "KRR-6")]
    Krr6,
    /// Whoever cannot be notified gets paper.
    #[strum(serialize = "KRR-7")]
    Krr7,
    /// While the contact register does not answer nothing is guessed.
    #[strum(serialize = "KRR-15")]
    Krr15,
    /// Paper also where the digital letter is not opened in time.
    #[strum(serialize = "KRR-14")]
    Krr14,
    /// Hospitals send appointment letters to those of 12 to 15 on paper.
    #[strum(serialize = "CHI-14")]
    Chi14,
}

impl Rule {
    /// The id as it is written in the rules.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.into()
    }
}
