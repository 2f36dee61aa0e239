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
    /// A supplier's operators see configuration and figures, never content.
    #[strum(serialize = "PJL-22")]
    Pjl22,
    /// What the citizen may see of what is held about them.
    #[strum(serialize = "TK-4")]
    Tk4,
}

impl Rule {
    /// The id as it is written in the rules.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.into()
    }
}
