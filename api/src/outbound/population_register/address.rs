//! The register's addresses: as they stand on an envelope, and whether two are the same dwelling.
//!
//! An address that cannot be written on an envelope is none. The grade of one is never guessed: that is for
//! [`super::row`].

use chrono::NaiveDate;
use domain::postal_address::PostalAddress;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Any of a person's addresses (`bostedsadresse`, `deltBosted`, `oppholdsadresse`, `postadresse`,
/// `postadresseIUtlandet`). Each of them has one of these forms, and not every form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    /// How the register protects this address, whatever the protection of the person.
    pub(super) adressegradering: String,
    adresse_identifikator_fra_matrikkelen: Option<String>,
    #[serde(default, deserialize_with = "readable")]
    vegadresse: Option<Road>,
    #[serde(default, deserialize_with = "readable")]
    matrikkeladresse: Option<Property>,
    #[serde(default, deserialize_with = "readable")]
    postboksadresse: Option<PostBox>,
    #[serde(default, deserialize_with = "readable")]
    postadresse_i_fritt_format: Option<FreeForm>,
    #[serde(default, deserialize_with = "readable")]
    utenlandsk_adresse: Option<Foreign>,
    #[serde(default, deserialize_with = "readable")]
    utenlandsk_adresse_i_fritt_format: Option<ForeignFreeForm>,
    startdato_for_kontrakt: Option<String>,
    sluttdato_for_kontrakt: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Road {
    kommunenummer: Option<String>,
    bruksenhetsnummer: Option<String>,
    adressenavn: String,
    adressenummer: Option<HouseNumber>,
    adressetilleggsnavn: Option<String>,
    poststed: Option<Place>,
    co_adressenavn: Option<String>,
}

#[derive(Deserialize)]
struct HouseNumber {
    husnummer: String,
    husbokstav: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    bruksenhetsnummer: Option<String>,
    matrikkelnummer: PropertyNumber,
    undernummer: Option<Value>,
    adressetilleggsnavn: Option<String>,
    poststed: Option<Place>,
    co_adressenavn: Option<String>,
}

#[derive(Deserialize)]
struct PropertyNumber {
    kommunenummer: String,
    gaardsnummer: Option<Value>,
    bruksnummer: Option<Value>,
    festenummer: Option<Value>,
}

#[derive(Deserialize)]
struct PostBox {
    postbokseier: Option<String>,
    postboks: String,
    poststed: Option<Place>,
}

#[derive(Deserialize)]
struct FreeForm {
    #[serde(default)]
    adresselinje: Vec<String>,
    poststed: Option<Place>,
}

#[derive(Deserialize)]
struct Place {
    postnummer: String,
    poststedsnavn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Foreign {
    co_adressenavn: Option<String>,
    adressenavn: Option<String>,
    bygning: Option<String>,
    etasjenummer: Option<String>,
    boenhet: Option<String>,
    postboks: Option<String>,
    postkode: Option<String>,
    by_eller_stedsnavn: Option<String>,
    distriktsnavn: Option<String>,
    region: Option<String>,
    landkode: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ForeignFreeForm {
    #[serde(default)]
    adresselinje: Vec<String>,
    postkode: Option<String>,
    by_eller_stedsnavn: Option<String>,
    landkode: String,
}

/// A form of an address that cannot be read is none, and makes nothing else of the person unreadable.
fn readable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'of> Deserialize<'of>,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

impl Address {
    /// The address as it stands on an envelope. None where it is unknown, or not enough for the post to find it.
    pub(super) fn on_envelope(&self) -> Option<PostalAddress> {
        if let Some(Road { adressenavn, adressenummer, adressetilleggsnavn, poststed, co_adressenavn, .. }) =
            &self.vegadresse
        {
            let number = adressenummer.as_ref().map(|number| {
                format!("{}{}", number.husnummer, number.husbokstav.as_deref().unwrap_or_default().to_uppercase())
            });
            let street = joined([Some(adressenavn.as_str()), number.as_deref()]);
            return in_norway([care_of(co_adressenavn.as_deref()), text(adressetilleggsnavn), street], poststed);
        }
        if let Some(Property { adressetilleggsnavn, poststed, co_adressenavn, .. }) = &self.matrikkeladresse {
            // A farm without its name is a number in the cadastre, which the post does not know.
            let name = joined([adressetilleggsnavn.as_deref()])?;
            return in_norway([care_of(co_adressenavn.as_deref()), Some(name)], poststed);
        }
        if let Some(PostBox { postbokseier, postboks, poststed }) = &self.postboksadresse {
            let bare = postboks.trim().starts_with(|first: char| first.is_ascii_digit());
            let box_ = joined([bare.then_some("Postboks"), Some(postboks.as_str())]);
            return in_norway([text(postbokseier), box_], poststed);
        }
        if let Some(FreeForm { adresselinje, poststed }) = &self.postadresse_i_fritt_format {
            return in_norway(adresselinje.iter().map(|line| Some(line.clone())), poststed);
        }
        if let Some(foreign) = &self.utenlandsk_adresse {
            return foreign.on_envelope();
        }
        let ForeignFreeForm { adresselinje, postkode, by_eller_stedsnavn, landkode } =
            self.utenlandsk_adresse_i_fritt_format.as_ref()?;
        let place = joined([postkode.as_deref(), by_eller_stedsnavn.as_deref()]);
        abroad(adresselinje.iter().map(|line| Some(line.clone())).chain([place]), landkode)
    }

    /// The dwelling. None where the register does not know it, or has it abroad.
    pub(super) fn dwelling(&self) -> Option<Dwelling> {
        let (unit, place) = if let Some(road) = &self.vegadresse {
            let number = road.adressenummer.as_ref();
            let place = [
                road.kommunenummer.clone(),
                Some(road.adressenavn.clone()),
                number.map(|number| number.husnummer.clone()),
                number.and_then(|number| number.husbokstav.clone()),
            ];
            (&road.bruksenhetsnummer, place.into_iter().map(Option::unwrap_or_default).collect())
        } else {
            let property = self.matrikkeladresse.as_ref()?;
            let PropertyNumber { kommunenummer, gaardsnummer, bruksnummer, festenummer } = &property.matrikkelnummer;
            let numbers = [gaardsnummer, bruksnummer, festenummer, &property.undernummer];
            let place = std::iter::once(kommunenummer.clone()).chain(numbers.map(number)).collect();
            (&property.bruksenhetsnummer, place)
        };
        let id = self.adresse_identifikator_fra_matrikkelen.clone().filter(|id| !id.trim().is_empty());
        Some(Dwelling { id, unit: unit.clone().unwrap_or_default(), place })
    }

    /// Whether a contract of shared residence (`deltBosted`) is in force on a day. A date that cannot be read is no
    /// contract.
    pub(super) fn holds_on(&self, day: NaiveDate) -> bool {
        let date = |text: &Option<String>| text.as_deref().map(str::parse::<NaiveDate>);
        matches!(date(&self.startdato_for_kontrakt), Some(Ok(from)) if from <= day)
            && match date(&self.sluttdato_for_kontrakt) {
                None => true,
                Some(last) => last.is_ok_and(|last| day <= last),
            }
    }
}

impl Foreign {
    fn on_envelope(&self) -> Option<PostalAddress> {
        let Self {
            co_adressenavn,
            adressenavn,
            bygning,
            etasjenummer,
            boenhet,
            postboks,
            postkode,
            by_eller_stedsnavn,
            distriktsnavn,
            region,
            landkode,
        } = self;
        let lines = [
            joined([bygning.as_deref(), etasjenummer.as_deref(), boenhet.as_deref()]),
            text(adressenavn),
            text(postboks),
            joined([postkode.as_deref(), by_eller_stedsnavn.as_deref()]),
            text(distriktsnavn),
            text(region),
        ];
        // Somebody to whose care it goes is no place yet.
        lines.iter().flatten().any(|line| !line.trim().is_empty()).then_some(())?;
        abroad(std::iter::once(care_of(co_adressenavn.as_deref())).chain(lines), landkode)
    }
}

/// A dwelling, as far as the register tells one from another: an address in the cadastre (`matrikkelen`) and a unit of
/// it.
#[derive(Debug)]
pub(super) struct Dwelling {
    id: Option<String>,
    /// The number of the flat (`bruksenhetsnummer`), empty where the house has none. Neighbours share the address.
    unit: String,
    place: Vec<String>,
}

impl Dwelling {
    /// Whether this and another are the same: by the cadastre's id of the address where both have it, or else by street
    /// and number, or by the number of the property.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_same_address = match (&self.id, &other.id) {
            (Some(one), Some(other)) => one == other,
            _ => {
                self.place.len() == other.place.len()
                    && self.place.iter().zip(&other.place).all(|(one, other)| spelled(one) == spelled(other))
            }
        };
        is_same_address && spelled(&self.unit) == spelled(&other.unit)
    }
}

/// A word without what its two spellings differ in: the register's examples have `strengtFortrolig`, its contract has
/// `STRENGT_FORTROLIG`.
pub(super) fn spelled(word: &str) -> String {
    word.trim().chars().filter(|character| *character != '_').flat_map(char::to_lowercase).collect()
}

/// A number of a property, empty where there is none: the register writes none as nothing or as 0.
fn number(of: &Option<Value>) -> String {
    let text = of.as_ref().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    text.filter(|text| !matches!(text.as_str(), "0" | "null")).unwrap_or_default()
}

fn text(line: &Option<String>) -> Option<String> {
    line.clone()
}

fn joined<'a>(words: impl IntoIterator<Item = Option<&'a str>>) -> Option<String> {
    let words: Vec<&str> = words.into_iter().flatten().map(str::trim).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The line with whom the person gets post at, which has its `c/o` once.
fn care_of(name: Option<&str>) -> Option<String> {
    let name = name?.trim();
    let has_prefix = name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("c/o"));
    (!name.is_empty()).then(|| if has_prefix { name.to_owned() } else { format!("c/o {name}") })
}

/// With the place as the last line: an address without one reaches nobody, nor does a place alone.
fn in_norway(lines: impl IntoIterator<Item = Option<String>>, place: &Option<Place>) -> Option<PostalAddress> {
    let Place { postnummer, poststedsnavn } = place.as_ref()?;
    (!postnummer.trim().is_empty()).then_some(())?;
    ending_with(lines, joined([Some(postnummer.as_str()), poststedsnavn.as_deref()])?)
}

/// With the country as the last line, in the three letters (ISO 3166) that the register has.
fn abroad(lines: impl IntoIterator<Item = Option<String>>, country: &str) -> Option<PostalAddress> {
    ending_with(lines, joined([Some(country)])?)
}

fn ending_with(lines: impl IntoIterator<Item = Option<String>>, last: String) -> Option<PostalAddress> {
    let lines = lines.into_iter().flatten().map(|line| line.trim().to_owned());
    // In free form the place may be among the lines already.
    let mut lines: Vec<String> = lines.filter(|line| !line.is_empty() && spelled(line) != spelled(&last)).collect();
    (!lines.is_empty()).then_some(())?;
    lines.push(last);
    PostalAddress::from_register(lines)
}
