//! Who sees what in whose mailbox, as the rules have it: a second reading of their texts over a plain state. Nothing here asks
//! the program, and nothing of the program is called, so that no mistake is made in both.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// A citizen and their mailbox, by its place.
pub(super) type Place = usize;

/// Somebody responsible for a child.
#[derive(Clone, Debug)]
pub(super) struct Responsible {
    pub(super) number: String,
    pub(super) kind: String,
    pub(super) shares_address: bool,
}

/// What the register has of somebody.
#[derive(Clone, Debug)]
pub(super) struct Registered {
    pub(super) number: String,
    pub(super) born: NaiveDate,
    pub(super) is_dead: bool,
    pub(super) is_protected: bool,
    pub(super) responsible: Vec<Responsible>,
}

/// What has been decided about a mailbox.
#[derive(Clone, Debug, Default)]
pub(super) struct Decided {
    /// 0 to 3: none, Basis, Basis+, Full.
    pub(super) consent: u8,
    pub(super) is_locked: bool,
    pub(super) youth_access: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Power {
    pub(super) id: String,
    pub(super) giver: Place,
    pub(super) holder: Place,
    pub(super) has_area_3: bool,
    pub(super) from: NaiveDate,
    pub(super) to: Option<NaiveDate>,
    pub(super) is_ended: bool,
    /// Of one from a form: whether another operator has confirmed it, and when the wait is over.
    pub(super) form: Option<(bool, DateTime<Utc>)>,
}

impl Power {
    pub(super) fn overlaps(&self, from: NaiveDate, to: Option<NaiveDate>) -> bool {
        !self.is_ended && self.to.is_none_or(|own| from <= own) && to.is_none_or(|to| self.from <= to)
    }
}

/// What a message asks of who looks at it.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) id: String,
    pub(super) to: Place,
    pub(super) consent: u8,
    pub(super) at_protected_address: bool,
    /// Until the child is so old.
    pub(super) parents_until: u32,
    pub(super) holders: bool,
    pub(super) youth: Youth,
    pub(super) withheld_from_parents: bool,
    pub(super) withheld_from_holders: bool,
}

/// Whether a child with access of its own sees something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Youth {
    Never,
    WithConsent,
    Always,
}

/// As what somebody stands in a mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    Owner,
    Youth,
    YouthAlone,
    Parent,
    Holder,
}

impl Standing {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Owner | Self::Youth | Self::YouthAlone => "self",
            Self::Parent => "parent",
            Self::Holder => "powerOfAttorney",
        }
    }
}

/// How a mailbox is to somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Door {
    /// As if it were not there.
    Hidden,
    TooYoung,
    /// The register is away, and what it said is old.
    ComeAgain,
    Open(Standing),
}

/// How a list of messages is to somebody who stands in a mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    Shown,
    Locked,
    NoConsent,
    /// Locked and without consent: the owner is told one of the two.
    Closed,
}

/// Everything that decides.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) now: DateTime<Utc>,
    /// What the register has, and what it has told.
    pub(super) truth: Vec<Registered>,
    pub(super) told: Vec<Registered>,
    pub(super) is_away: bool,
    /// Of whom what was told is old, or superseded.
    pub(super) stale: BTreeSet<Place>,
    pub(super) decided: Vec<Decided>,
    pub(super) powers: Vec<Power>,
    pub(super) letters: Vec<Letter>,
}

impl Model {
    /// The day in Oslo. The histories are in winter.
    pub(super) fn today(&self) -> NaiveDate {
        (self.now + TimeDelta::hours(1)).date_naive()
    }

    pub(super) fn age(&self, who: Place) -> u32 {
        self.today().years_since(self.told[who].born).unwrap_or(0)
    }

    /// Foreldreansvar (CHI-1 to CHI-4, PDLDOC): counts where its kind is known, somebody who has it lives with the child, and
    /// the child is below 16.
    pub(super) fn is_parent(&self, parent: Place, child: Place) -> bool {
        let known = || self.told[child].responsible.iter().filter(|of| of.kind != "unknown");
        self.age(child) < 16
            && known().any(|of| of.number == self.told[parent].number)
            && known().any(|of| of.shares_address)
    }

    /// FUL-2, FUL-4, FUL-7, FUL-8: in its period and not ended, with area 3, from somebody of 16 to somebody of 18; one from a
    /// form is confirmed and has waited.
    pub(super) fn is_in_force(&self, power: &Power) -> bool {
        let today = self.today();
        !power.is_ended
            && power.has_area_3
            && power.from <= today
            && power.to.is_none_or(|to| today <= to)
            && power.form.is_none_or(|(is_confirmed, at)| is_confirmed && at <= self.now)
            && self.age(power.giver) >= 16
            && self.age(power.holder) >= 18
    }

    pub(super) fn door(&self, caller: Place, owner: Place) -> Door {
        if self.told[owner].is_dead {
            return Door::Hidden;
        }
        if caller == owner {
            let has_access = self.decided[owner].youth_access && self.decided[owner].consent == 3;
            return match self.age(owner) {
                0..13 => Door::TooYoung,
                13..16 if has_access => Door::Open(Standing::Youth),
                13..16 => Door::Open(Standing::YouthAlone),
                16.. => Door::Open(Standing::Owner),
            };
        }
        let mut powers = self.powers.iter().filter(|power| (power.giver, power.holder) == (owner, caller));
        let standing = if self.is_parent(caller, owner) {
            Standing::Parent
        } else if powers.any(|power| self.is_in_force(power)) {
            Standing::Holder
        } else {
            return Door::Hidden;
        };
        if self.told[caller].is_dead || self.told[caller].is_protected || self.told[owner].is_protected {
            return Door::Hidden;
        }
        if self.is_away && (self.stale.contains(&caller) || self.stale.contains(&owner)) {
            return Door::ComeAgain;
        }
        Door::Open(standing)
    }

    pub(super) fn content(&self, standing: Standing, owner: Place) -> Content {
        let of = &self.decided[owner];
        match (standing, of.is_locked, of.consent == 0) {
            (_, false, false) | (Standing::YouthAlone, false, true) => Content::Shown,
            (Standing::Owner, true, true) => Content::Closed,
            (Standing::Owner | Standing::Youth | Standing::YouthAlone, true, _) => Content::Locked,
            (Standing::Owner | Standing::Youth, false, true) | (Standing::Parent | Standing::Holder, ..) => {
                Content::NoConsent
            }
        }
    }

    pub(super) fn shows(&self, standing: Standing, letter: &Letter) -> bool {
        let owner = letter.to;
        let is_alone = letter.youth == Youth::Always;
        let has_consent = letter.consent <= self.decided[owner].consent;
        let for_standing = match standing {
            Standing::Owner => has_consent,
            Standing::Youth => is_alone || has_consent && letter.youth == Youth::WithConsent,
            Standing::YouthAlone => is_alone,
            Standing::Parent => {
                has_consent && !is_alone && self.age(owner) < letter.parents_until && !letter.withheld_from_parents
            }
            Standing::Holder => has_consent && letter.holders && !letter.withheld_from_holders,
        };
        for_standing && (letter.at_protected_address || !self.told[owner].is_protected)
    }

    /// CON-9, TK-8: what a withdrawal takes along.
    pub(super) fn withdraw(&mut self, owner: Place) {
        self.decided[owner].consent = 0;
        self.decided[owner].youth_access = false;
        self.letters.retain(|letter| letter.to != owner);
        for power in self.powers.iter_mut().filter(|power| power.giver == owner) {
            power.is_ended = true;
        }
    }

    /// The register has told of somebody, or will when it is back.
    pub(super) fn changed(&mut self, who: Place) {
        if self.is_away {
            self.stale.insert(who);
        } else {
            self.told[who] = self.truth[who].clone();
        }
    }

    /// Whether somebody decides for themselves in the own mailbox: alive and 16.
    pub(super) fn is_own_master(&self, who: Place) -> bool {
        !self.told[who].is_dead && self.age(who) >= 16
    }
}
