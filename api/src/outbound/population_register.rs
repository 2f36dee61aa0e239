//! The population register in production.

use domain::identity::NationalId;
use domain::register::RegisteredPerson;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use persistence::{PopulationRegister, RegisterAway};

/// No register is connected: it is always away. Owners go on with what is known of them, and nobody represents anybody.
pub(crate) struct NotConnected;

impl PopulationRegister for NotConnected {
    fn persons<'a>(&'a self, _: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>> {
        ready(Err(RegisterAway("no population register is connected".into()))).boxed()
    }
}
