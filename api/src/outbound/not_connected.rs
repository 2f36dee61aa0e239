//! Registers of which none is connected.

use domain::contact_register::Entry;
use domain::identity::NationalId;
use domain::register::RegisteredPerson;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use persistence::{ContactRegister, PopulationRegister, RegisterAway};

/// No register is connected: it is always away. Owners go on with what is known of them, nobody represents anybody, and
/// letters wait.
pub(crate) struct NotConnected;

impl PopulationRegister for NotConnected {
    fn persons<'a>(&'a self, _: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>> {
        ready(Err(RegisterAway("no population register is connected".into()))).boxed()
    }
}

impl ContactRegister for NotConnected {
    fn contacts<'a>(&'a self, _: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>> {
        ready(Err(RegisterAway("no contact register is connected".into()))).boxed()
    }
}
