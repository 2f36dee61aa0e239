//! What handlers work with.

use std::sync::Arc;
use std::time::Duration;

use domain::identity::NumberSeries;
use persistence::Store;

use crate::at_once::AtOnce;
use crate::auth::Authenticator;
use crate::clock::Clock;
use crate::document::Workshop;
use crate::rate_limit::{PerMinute, RateLimiter};
use crate::sandbox::Sandbox;
use crate::settings::{LimitSettings, ProxySettings, TermsSettings};
use crate::shutdown::Ending;
use crate::worker::Outside;
use crate::worker::webhooks::Post;

/// What handlers work with.
pub(crate) struct AppState {
    pub(crate) store: Store,
    pub(crate) outside: Outside,
    pub(crate) clock: Clock,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) at_once: AtOnce,
    pub(crate) webhook_tests: PerMinute,
    pub(crate) limits: LimitSettings,
    pub(crate) proxies: ProxySettings,
    pub(crate) series: NumberSeries,
    pub(crate) terms: TermsSettings,
    pub(crate) workshop: Workshop,
    pub(crate) post: Arc<Post>,
    pub(crate) sandbox: Option<Sandbox>,
    /// How long a request waits for the store.
    pub(crate) answer_timeout: Duration,
    pub(crate) ending: Ending,
}
