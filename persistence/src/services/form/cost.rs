//! What judging answers by a schema takes at the most, known before it is done (TK-9).
//!
//! A step is a schema looked at for a value, a fault told, or a state of a pattern for fifty characters: each takes some tenths
//! of a microsecond. Only references to a place of the same schema are taken, and none that leads back to itself, so that there
//! is an end to what is counted. Deliberately not here: whether the schema is one.

use std::collections::HashMap;

use regex_syntax::hir::{Hir, HirKind};
use serde_json::{Map, Value};

use super::schema::{SchemaFault, SchemaFaultReason};

/// The most steps that one judgement takes: some 50 milliseconds.
pub(super) const MOST_STEPS: u64 = 100_000;
/// How deep schemas lie in each other, references followed: judging goes down as deep.
const MOST_DEPTH: usize = 64;
/// How many characters one state of a pattern passes in a step.
const CHARS_A_STEP: u64 = 50;
/// What it takes to make a pattern ready, which is done for each judgement.
const STEPS_A_PATTERN: u64 = 1000;
/// What a format takes, in states of a pattern.
const STATES_OF_A_FORMAT: u64 = 4;

/// Keywords that lead elsewhere, or say what others lead to, in ways that are not followed here.
const OTHER_REFERENCES: [&str; 6] =
    ["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$anchor", "$vocabulary"];
/// Keywords that make a part of a schema one of its own.
const OWN_NAMES: [&str; 2] = ["$id", "$schema"];

/// What somebody has answered, as far as it matters for what judging it takes.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) values: u64,
    pub(super) chars: u64,
}

impl Size {
    pub(super) fn of(answers: &Value) -> Self {
        let of_text = |text: &str| Self { values: 0, chars: text.len() as u64 };
        let one = match answers {
            Value::String(text) => of_text(text),
            Value::Array(items) => items.iter().map(Self::of).fold(of_text(""), Self::and),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| of_text(name).and(Self::of(value))).fold(of_text(""), Self::and)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => of_text(""),
        };
        Self { values: one.values + 1, ..one }
    }

    const fn and(self, other: Self) -> Self {
        Self { values: self.values + other.values, chars: self.chars + other.chars }
    }
}

/// Steps that are taken once, for each value, and for each state and character.
#[derive(Clone, Copy, Default)]
pub(super) struct Steps {
    once: u64,
    each: u64,
    states: u64,
}

impl Steps {
    const fn once(once: u64) -> Self {
        Self { once, each: 0, states: 0 }
    }

    pub(super) fn for_answers(self, Size { values, chars }: Size) -> u64 {
        let of_text = self.states.saturating_mul(chars.div_ceil(CHARS_A_STEP));
        self.once.saturating_add(self.each.saturating_mul(values)).saturating_add(of_text)
    }

    /// Both, for the same value.
    const fn and(self, other: Self) -> Self {
        Self {
            once: self.once.saturating_add(other.once),
            each: self.each.saturating_add(other.each),
            states: self.states.saturating_add(other.states),
        }
    }

    /// Both, for values that lie beside each other: each value within is in one of the two.
    fn beside(self, other: Self) -> Self {
        Self {
            once: self.once.saturating_add(other.once),
            each: self.each.max(other.each),
            states: self.states.max(other.states),
        }
    }

    /// For each of the values within.
    const fn for_each(self) -> Self {
        Self { once: 0, each: self.once.saturating_add(self.each), states: self.states }
    }
}

/// What a schema takes for one value: to say whether it holds, to tell all that is wrong, and to say what of the value it has
/// looked at.
#[derive(Clone, Copy, Default)]
struct Cost {
    holds: Steps,
    told: Steps,
    noted: Steps,
    /// How many schemas lie in each other.
    height: usize,
}

impl Cost {
    const fn own(steps: Steps) -> Self {
        Self { holds: steps, told: steps, noted: Steps::once(0), height: 0 }
    }

    fn and(self, other: Self) -> Self {
        Self {
            holds: self.holds.and(other.holds),
            told: self.told.and(other.told),
            noted: self.noted.and(other.noted),
            height: self.height.max(other.height),
        }
    }

    fn beside(self, other: Self) -> Self {
        Self {
            holds: self.holds.beside(other.holds),
            told: self.told.beside(other.told),
            noted: Steps::once(0),
            height: self.height.max(other.height),
        }
    }

    const fn for_each(self) -> Self {
        Self { holds: self.holds.for_each(), told: self.told.for_each(), noted: Steps::once(0), ..self }
    }

    /// As one that has to hold for the same value. Whether it held is asked again before it says what it has looked at.
    const fn in_place(self) -> Self {
        Self { noted: self.noted.and(self.holds), ..self }
    }

    /// As one of several of which not all have to hold: faults are told only when it is known that there are any.
    const fn as_choice(self) -> Self {
        Self { told: self.told.and(self.holds), ..self.in_place() }
    }
}

/// What judging by a schema takes.
///
/// # Errors
/// Where it leads elsewhere or back to itself, and where it lies too deep.
pub(super) fn steps(schema: &Value) -> Result<Steps, Vec<SchemaFault>> {
    let mut walk = Walk { root: schema, known: HashMap::new(), faults: vec![] };
    let cost = walk.schema(schema, "", 0);
    if walk.faults.is_empty() { Ok(cost.told) } else { Err(walk.faults) }
}

struct Walk<'s> {
    root: &'s Value,
    /// What references lead to, by where that is; none while it is being counted.
    known: HashMap<&'s str, Option<Cost>>,
    faults: Vec<SchemaFault>,
}

impl<'s> Walk<'s> {
    fn fault(&mut self, place: impl Into<String>, reason: SchemaFaultReason) -> Cost {
        self.faults.push(SchemaFault { place: place.into(), reason });
        Cost::default()
    }

    fn schema(&mut self, schema: &'s Value, place: &str, depth: usize) -> Cost {
        if depth > MOST_DEPTH {
            return self.fault("", SchemaFaultReason::TooCostly);
        }
        let cost = match schema {
            Value::Object(schema) => self.keywords(&At { schema, place, depth }),
            _ => Cost::own(Steps::once(1)),
        };
        Cost { height: cost.height + 1, ..cost }
    }

    fn keywords(&mut self, at: &At<'s, '_>) -> Cost {
        let At { schema, place, depth } = *at;
        for keyword in OTHER_REFERENCES.into_iter().chain(OWN_NAMES.into_iter().filter(|_| depth > 0)) {
            if schema.contains_key(keyword) {
                self.fault(format!("{place}/{keyword}"), SchemaFaultReason::Reference);
            }
        }
        let within = self.of_objects(at).beside(self.of_lists(at));
        let cost = own(schema).and(within).and(self.in_place(at));
        if ["unevaluatedProperties", "unevaluatedItems"].iter().any(|keyword| schema.contains_key(*keyword)) {
            // What is left is known when all others have said what they have looked at; whoever asks this one asks again.
            let noted = cost.noted.and(within.holds);
            return Cost { holds: cost.holds.and(noted), told: cost.told.and(noted), noted, ..cost };
        }
        cost
    }

    /// What holds for the same value.
    fn in_place(&mut self, at: &At<'s, '_>) -> Cost {
        let mut cost = Cost::default();
        for keyword in ["allOf", "dependentSchemas", "dependencies", "then", "else"] {
            for part in self.parts(at, keyword) {
                cost = cost.and(part.in_place());
            }
        }
        for keyword in ["anyOf", "oneOf", "not", "if"] {
            for part in self.parts(at, keyword) {
                cost = cost.and(part.as_choice());
            }
        }
        match at.schema.get("$ref") {
            Some(Value::String(to)) => cost.and(self.reference(to, at).in_place()),
            _ => cost,
        }
    }

    fn of_objects(&mut self, at: &At<'s, '_>) -> Cost {
        let mut named = Cost::default();
        for part in self.parts(at, "properties") {
            named = named.beside(part);
        }
        for part in self.parts(at, "additionalProperties") {
            named = named.beside(part.for_each());
        }
        for keyword in ["patternProperties", "propertyNames", "unevaluatedProperties"] {
            for part in self.parts(at, keyword) {
                named = named.and(part.for_each());
            }
        }
        named
    }

    fn of_lists(&mut self, at: &At<'s, '_>) -> Cost {
        let mut placed = Cost::default();
        for part in self.parts(at, "prefixItems") {
            placed = placed.beside(part);
        }
        for part in self.parts(at, "items") {
            placed = placed.beside(part.for_each());
        }
        for keyword in ["contains", "unevaluatedItems"] {
            for part in self.parts(at, keyword) {
                placed = placed.and(part.for_each());
            }
        }
        placed
    }

    /// What each of the schemas takes that a keyword names: one, a list, or some by name.
    fn parts(&mut self, at: &At<'s, '_>, keyword: &str) -> Vec<Cost> {
        const BY_NAME: [&str; 4] = ["properties", "patternProperties", "dependentSchemas", "dependencies"];
        let (place, depth) = (format!("{}/{keyword}", at.place), at.depth + 1);
        match at.schema.get(keyword) {
            Some(Value::Array(list)) => {
                let part = |(at, part): (usize, &'s Value)| self.schema(part, &format!("{place}/{at}"), depth);
                list.iter().enumerate().map(part).collect()
            }
            Some(Value::Object(named)) if BY_NAME.contains(&keyword) => {
                let place = |name: &str| format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                // A list among dependencies names fields.
                let schemas = named.iter().filter(|(_, part)| !part.is_array());
                schemas.map(|(name, part)| self.schema(part, &place(name), depth)).collect()
            }
            Some(one) => vec![self.schema(one, &place, depth)],
            None => vec![],
        }
    }

    fn reference(&mut self, to: &'s str, at: &At<'s, '_>) -> Cost {
        let place = || format!("{}/$ref", at.place);
        match self.known.get(to) {
            Some(Some(cost)) if at.depth + cost.height > MOST_DEPTH => {
                return self.fault("", SchemaFaultReason::TooCostly);
            }
            Some(Some(cost)) => return *cost,
            Some(None) => return self.fault(place(), SchemaFaultReason::Reference),
            None => {}
        }
        let target = to.strip_prefix('#').filter(|pointer| !pointer.contains('%'));
        let Some(target) = target.and_then(|pointer| self.root.pointer(pointer)) else {
            return self.fault(place(), SchemaFaultReason::Reference);
        };
        self.known.insert(to, None);
        let cost = self.schema(target, to.trim_start_matches('#'), at.depth + 1);
        self.known.insert(to, Some(cost));
        cost
    }
}

/// A schema at its place.
struct At<'s, 'p> {
    schema: &'s Map<String, Value>,
    place: &'p str,
    depth: usize,
}

/// What the keywords of a schema take that hold no others.
fn own(schema: &Map<String, Value>) -> Cost {
    let count = |keyword: &str| match schema.get(keyword) {
        Some(Value::Array(list)) => list.len() as u64,
        Some(Value::Object(named)) => named.len() as u64,
        _ => 0,
    };
    let lists = schema.get("dependentRequired").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let dependent: u64 = lists.filter_map(Value::as_array).map(|list| list.len() as u64).sum();
    let mut steps = Steps::once(1 + count("required") + dependent + count("enum") / 64);
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        steps.each += 1;
    }
    if schema.contains_key("format") {
        steps.states += STATES_OF_A_FORMAT;
    }
    let of_names = schema.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    for pattern in of_names.map(String::as_str).chain(schema.get("pattern").and_then(Value::as_str)) {
        steps.once = steps.once.saturating_add(STEPS_A_PATTERN);
        steps.states = steps.states.saturating_add(states(pattern));
    }
    Cost::own(steps)
}

/// How many states of a pattern can hold at a time. One that is written in a way of its own is taken for a long one.
fn states(pattern: &str) -> u64 {
    fn of(hir: &Hir) -> u64 {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
            HirKind::Literal(literal) => literal.0.len() as u64,
            HirKind::Repetition(repeated) => {
                let times = repeated.max.unwrap_or(repeated.min).max(1);
                of(&repeated.sub).saturating_mul(times.into())
            }
            HirKind::Capture(capture) => of(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(of).fold(0, u64::saturating_add),
        }
    }
    regex_syntax::parse(pattern).map_or_else(|_| 10 * pattern.len() as u64, |hir| of(&hir))
}
