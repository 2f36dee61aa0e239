//! What the service areas of powers of attorney are called (FUL-3). The names are data: only one code has a meaning in
//! the program, and that stands with powers of attorney.

use crate::organisation::Name;
use crate::power_of_attorney::ServiceArea;

/// A service area that a power of attorney can cover.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedServiceArea {
    /// Its code.
    pub code: ServiceArea,
    /// What people call it.
    pub names: AreaNames,
}

/// The name of an area in each language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AreaNames {
    /// In Bokmål.
    pub bokmal: Name,
    /// In Nynorsk.
    pub nynorsk: Name,
    /// In English.
    pub english: Name,
}
