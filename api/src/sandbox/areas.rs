//! Service areas to choose from beside the one that has a meaning.

use domain::organisation::Name;
use domain::power_of_attorney::ServiceArea;
use domain::service_area::AreaNames;
use persistence::{Context, Failure, Store};

/// Code, and what it is called in Bokmål, Nynorsk and English.
const AREAS: [(i16, &str, &str, &str); 2] = [
    (
        1,
        "Innsyn i opplysninger registrert om deg",
        "Innsyn i opplysningar registrerte om deg",
        "Access to information registered about you",
    ),
    (2, "Innsyn i pasientjournal", "Innsyn i pasientjournal", "Access to the patient record"),
];

/// Names those that are not there yet.
pub(super) async fn fill(store: &Store, context: &Context) -> Result<(), Failure> {
    let known = store.service_area_list().await?;
    for (code, names) in AREAS.iter().filter_map(named) {
        if known.iter().all(|area| area.code != code) {
            store.service_area_put(context, code, names).await?;
        }
    }
    Ok(())
}

/// None where the fixed table is wrong, which a test rules out.
fn named((code, bokmal, nynorsk, english): &(i16, &str, &str, &str)) -> Option<(ServiceArea, AreaNames)> {
    let names = AreaNames {
        bokmal: Name::parse(bokmal).ok()?,
        nynorsk: Name::parse(nynorsk).ok()?,
        english: Name::parse(english).ok()?,
    };
    Some((ServiceArea(*code), names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_can_be_named() {
        assert!(AREAS.iter().all(|area| named(area).is_some()));
    }
}
