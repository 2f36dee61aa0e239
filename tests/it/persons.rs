//! The persons of the sandbox that stories name.

/// An adult; the recipient of the walk.
pub(crate) const SKUDDAR: &str = "29827200059";
/// Another adult, who is a stranger to the first.
pub(crate) const ELDRID: &str = "08854500016";
/// Eldrid's neighbour.
pub(crate) const ELDAR: &str = "08854590090";
/// An adult born on a leap day.
pub(crate) const MILLENNIA: &str = "29820050043";
/// A child of four.
pub(crate) const LILLE: &str = "15832250004";
/// Her mother, at her address.
pub(crate) const MONA: &str = "14849100018";
/// Her father, who lives elsewhere.
pub(crate) const FRODE: &str = "02898900129";
/// A child of seven at whose address nobody is responsible.
pub(crate) const BERTE: &str = "20851950088";
/// Her mother, who lives elsewhere, as her father does.
pub(crate) const BODIL: &str = "11828800029";
/// Turns 12 on 2026-11-30.
pub(crate) const NESTEN_TOLV: &str = "30911450042";
/// The mother of that child.
pub(crate) const NINA: &str = "17868500050";
/// A child of 12.
pub(crate) const TOLV: &str = "10821450123";
/// The mother of that child, who alone is responsible.
pub(crate) const TORA: &str = "05928400079";
/// The father of that child, who is not responsible.
pub(crate) const TORE: &str = "21838300186";
/// A child of 13.
pub(crate) const TRETTEN: &str = "01861350130";
/// The father of that child.
pub(crate) const TERJE: &str = "19887900135";
/// The mother of that child, of whom the register does not know whether she is responsible.
pub(crate) const UNNI: &str = "25818100291";
/// Turns 16 on 2026-12-31.
pub(crate) const NESTEN_SEKSTEN: &str = "31921050189";
/// The mother of that child.
pub(crate) const SONJA: &str = "09907800080";
/// The mother of somebody of 17.
pub(crate) const SIGRID: &str = "12917500035";
/// Is 17.
pub(crate) const SYTTEN: &str = "20810950170";
/// A child of nine for whom a court has put another in charge.
pub(crate) const ASK: &str = "08881750148";
/// The other.
pub(crate) const ANNE: &str = "27846900069";
/// A child born on 29 February 2016.
pub(crate) const SKUDD: &str = "29821650087";
/// The co-mother of that child.
pub(crate) const KAJA: &str = "14898700055";
/// A child one of whose parents has a protected address.
pub(crate) const HANNA: &str = "06862050000";
/// The mother of that child, whose address is open.
pub(crate) const HELGA: &str = "19819000002";
/// The father of that child, whose address is protected.
pub(crate) const HEMMELIG_FAR: &str = "23888800360";
/// A child with a protected address.
pub(crate) const IDA: &str = "10901850084";
/// The mother of that child, whose address is the same.
pub(crate) const INGUNN: &str = "08839200014";
/// The father of that child, whose address is open.
pub(crate) const IVAR: &str = "01929000168";
/// Known to the population register alone, until somebody asks.
pub(crate) const NILS: &str = "21879400195";
/// As he is, with a newborn child.
pub(crate) const NORA: &str = "27839600262";
/// That child.
pub(crate) const NYFODT: &str = "01902650039";
/// An adult with a protected address.
pub(crate) const SKJULT: &str = "17859910041";
/// Dead since 2025.
pub(crate) const DOD: &str = "17859910130";
/// A synthetic number that is right and in no register.
pub(crate) const UNKNOWN: &str = "24848730064";
/// Another adult.
pub(crate) const NAVN: &str = "09498500045";
/// Another adult.
pub(crate) const DAGNY: &str = "52879000092";
/// Reserved against digital communication.
pub(crate) const RESERVERT: &str = "11836600020";
/// Somebody whose contact details have expired.
pub(crate) const UTGATT: &str = "23897400006";
/// Has never used an ID-porten service.
pub(crate) const ALDRI: &str = "05815800100";
/// Has a mailbox at Digipost.
pub(crate) const DINA: &str = "18868300058";
/// Has a mailbox at e-Boks.
pub(crate) const EGIL: &str = "27917900065";
