//! The contract, as a server hands it out and knows its paths by.

use actix_router::ResourceDef;
use actix_web::web::Bytes;
use serde_json::Value;

/// The whole contract, the sandbox's operations included. A test compares it with what the routes say.
pub(crate) const YAML: &str = include_str!("../../openapi.yaml");

/// What a server needs of its contract, once for all its workers.
pub(crate) struct Contract {
    /// All of it as JSON, for the documentation in the browser.
    pub(crate) json: Bytes,
    pub(crate) paths: KnownPaths,
}

impl Contract {
    /// Keeps what is needed of a document.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is a fault of the program.
    pub(crate) fn of(document: &Value) -> std::io::Result<Self> {
        Ok(Self { json: serde_json::to_vec(document)?.into(), paths: KnownPaths::of(document) })
    }
}

/// The paths of the contract, each with its methods.
pub(crate) struct KnownPaths(Vec<(ResourceDef, String)>);

impl KnownPaths {
    /// Reads them out of the contract.
    pub(crate) fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        Self(paths.map(|(path, item)| (ResourceDef::new(path.as_str()), methods(item))).collect())
    }

    /// The methods that a path takes; none where there is no such path.
    pub(crate) fn allowed(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(definition, _)| definition.is_match(path)).map(|(_, methods)| methods.as_str())
    }
}

fn methods(item: &Value) -> String {
    let all = ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| item.get(method).is_some());
    all.map(str::to_uppercase).collect::<Vec<_>>().join(", ")
}
