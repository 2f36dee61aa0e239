//! Stores of their own for stories about one process among others: what a worker does, without the program around it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use domain::access::Policy;
use persistence::BlobSettings;
use persistence::MasterKey;
use persistence::{ContactRegister, Outlets, PopulationRegister, Store, StoreSettings};
use tests::Place;

/// The store of one process at a place, which asks this register of both kinds.
pub(crate) async fn open<R: PopulationRegister + ContactRegister + 'static>(
    place: &Place,
    register: R,
    outlets: Outlets,
) -> Store {
    let register = Arc::new(register);
    Store::open(StoreSettings {
        database: place.store_url(),
        kind: persistence::InstallationKind::Sandbox,
        connections: 8,
        acquire_timeout: Duration::from_secs(20),
        master_key: MasterKey::read_or_create_file(&place.folder().join("master.key")).expect("a key"),
        blobs: BlobSettings::Folder(place.blobs()),
        policy: Policy::default(),
        terms: tests::terms(),
        register: Arc::clone(&register) as _,
        contact_register: register,
        register_max_age: TimeDelta::hours(1),
        outlets,
        now: DateTime::UNIX_EPOCH,
        scanning: persistence::Scanning::default(),
        quotas: persistence::Quotas::default(),
        words: api::mailbox_text::words(),
    })
    .await
    .expect("the store opens")
}
