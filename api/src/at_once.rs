//! How many requests each caller has running at a time. Whoever holds many open, be it by sending slowly, takes nobody else's place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use persistence::{Limited, QuotaReached};

use crate::rate_limit::CallerClass;

/// The requests that run, by caller.
#[derive(Clone)]
pub(crate) struct AtOnce {
    most_of_person: u32,
    most_of_system: u32,
    running: Arc<Mutex<HashMap<String, u32>>>,
}

impl AtOnce {
    /// At most so many of each person, and of each system.
    pub(crate) fn new(most_of_person: u32, most_of_system: u32) -> Self {
        Self { most_of_person, most_of_system, running: Arc::default() }
    }

    /// Lets one more run.
    ///
    /// # Errors
    /// The caller has as many running as may.
    pub(crate) fn enter(&self, class: CallerClass, key: &str) -> Result<Running, QuotaReached> {
        let most = match class {
            CallerClass::System => self.most_of_system,
            CallerClass::Citizen | CallerClass::Other => self.most_of_person,
        };
        let mut running = self.running();
        let count = running.entry(key.to_owned()).or_default();
        if *count >= most {
            return Err(QuotaReached { limited: Limited::RequestsAtOnce, most: most.into(), retry_after_seconds: 1 });
        }
        *count += 1;
        drop(running);
        Ok(Running { at_once: self.clone(), key: key.to_owned() })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that runs, until this is dropped.
pub(crate) struct Running {
    at_once: AtOnce,
    key: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = self.at_once.running();
        match running.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(running.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_number_of_their_own_and_gets_it_back() {
        let at_once = AtOnce::new(1, 2);
        let first = at_once.enter(CallerClass::Citizen, "kari").expect("room");
        let refused = at_once.enter(CallerClass::Citizen, "kari").err();
        assert_eq!(refused.map(|reached| (reached.limited, reached.most)), Some((Limited::RequestsAtOnce, 1)));
        let _other = at_once.enter(CallerClass::Other, "ola").expect("room");
        let systems: Vec<_> = (0..2).map(|_| at_once.enter(CallerClass::System, "ehr").expect("room")).collect();
        assert!(at_once.enter(CallerClass::System, "ehr").is_err());

        drop((first, systems));

        assert!(at_once.enter(CallerClass::Citizen, "kari").is_ok());
        assert_eq!(at_once.running().len(), 1, "who has none running is forgotten");
    }
}
