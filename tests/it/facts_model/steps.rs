//! The steps of a history, each taken in the program and in the model.

use chrono::{Days, NaiveDate, TimeDelta};
use serde_json::{Value, json};

use super::rules::{Letter, Model, Place, Power, Responsible, Youth};
use super::{CHILDREN, CITIZENS, MINORS, Step, World};
use crate::powers::{POWERS, path_of};
use crate::worlds::Dice;

const LEVELS: [&str; 4] = ["none", "basis", "basisPlus", "full"];
const REGISTERED: &str = "/v1/powers-of-attorney";

/// What the services' messages ask, as the model has it (the least consent, at a protected address, parents until, holders,
/// youth) and as the services are opened.
pub(super) fn services() -> [(u8, bool, u32, bool, Youth, Value); 3] {
    let policy = |consent: &str, protected: bool, parents: &str, holders: bool, youth: &str| {
        json!({
            "minimumConsent": consent, "availableAtProtectedAddress": protected, "parents": parents,
            "powerOfAttorney": holders, "youth": youth, "unregisteredRecipients": "reject",
        })
    };
    [
        (1, true, 16, true, Youth::WithConsent, policy("basis", true, "until16", true, "withConsent")),
        (3, false, 12, true, Youth::Never, policy("full", false, "until12", true, "never")),
        (1, true, 0, false, Youth::Always, policy("basis", true, "never", false, "always")),
    ]
}

/// The kinds of the first steps, so that there is something to change: powers, one of them from a form and confirmed, consents
/// for children, and letters.
const FIRST: [usize; 12] = [0, 0, 0, 5, 6, 11, 11, 11, 20, 20, 20, 20];

/// How long before midnight in Oslo a history stands still once.
const SHORTLY: TimeDelta = TimeDelta::minutes(5);

/// A number below a count.
fn any(dice: &mut Dice, count: usize) -> usize {
    usize::try_from(dice.roll(count as u64)).expect("a small number")
}

impl World {
    /// Takes one step in both.
    pub(super) async fn step(&mut self, model: &mut Model, dice: &mut Dice, number: usize, told: &str) -> Step {
        if model.is_away {
            return self.step_while_away(model, dice).await;
        }
        // What is not possible at the moment is drawn again.
        for attempt in 0..1000 {
            let first = FIRST.get(number).filter(|_| attempt < 500).copied();
            let kind = first.unwrap_or_else(|| any(dice, 32));
            let taken = match kind {
                0..3 => self.give(model, dice, told).await,
                3 => self.end(model, dice).await,
                4 => self.replace(model, dice, told).await,
                5 => self.register(model, dice).await,
                6 => self.confirm(model, dice).await,
                7..11 | 30 => self.decide(model, dice).await,
                11..13 => self.decide_for_child(model, dice).await,
                13..17 => self.change_register(model, dice).await,
                17..20 | 27 | 28 | 29 => self.pass_time(model, dice).await,
                20..24 => self.send(model, dice).await,
                24 | 25 => self.withhold(model, dice).await,
                _ => Some(self.take_register_away(model).await),
            };
            if let Some(step) = taken {
                return step;
            }
        }
        panic!("nothing is possible, {told}");
    }

    async fn step_while_away(&mut self, model: &mut Model, dice: &mut Dice) -> Step {
        loop {
            let taken = match any(dice, 8) {
                0..2 => {
                    self.advance(model, TimeDelta::minutes(61)).await;
                    model.stale = (0..CITIZENS.len()).collect();
                    Some(Step { told: "61 minutes while it is away".to_owned(), concerns: vec![] })
                }
                2..4 => self.change_one(model, dice).await,
                4 => self.decide(model, dice).await,
                5 => self.end(model, dice).await,
                _ => {
                    self.app.bring_register_back().await;
                    model.is_away = false;
                    model.stale.clear();
                    model.told.clone_from(&model.truth);
                    Some(Step { told: "the register is back".to_owned(), concerns: vec![] })
                }
            };
            if let Some(step) = taken {
                return step;
            }
        }
    }

    async fn advance(&mut self, model: &mut Model, by: TimeDelta) {
        self.app.advance(&format!("PT{}M", by.num_minutes())).await;
        model.now = self.app.now().await;
        self.log_in().await;
    }

    /// Days, or up to shortly before a midnight in Oslo, or past it. The program's clock runs on meanwhile.
    async fn pass_time(&mut self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let to_midnight = model.today().succ_opt()?.and_hms_opt(0, 0, 0)?.and_utc() - TimeDelta::hours(1) - model.now;
        let by = match any(dice, 3) {
            _ if to_midnight <= SHORTLY => SHORTLY,
            0 => TimeDelta::days(1 + i64::try_from(any(dice, 5)).ok()?),
            // The next birthday that ends or begins something.
            _ => self.next_birthday(model).unwrap_or(to_midnight) - SHORTLY + TimeDelta::minutes(1),
        };
        self.advance(model, by).await;
        Some(Step { told: format!("time passes: {by}, it is {}", model.now), concerns: vec![] })
    }

    fn next_birthday(&self, model: &Model) -> Option<TimeDelta> {
        let birthdays = model
            .told
            .iter()
            .flat_map(|of| [12, 13, 16, 18].map(|age| of.born.checked_add_months(chrono::Months::new(12 * age))));
        let next =
            birthdays.flatten().filter(|day| *day > model.today() && *day < model.today() + Days::new(21)).min()?;
        Some(next.and_hms_opt(0, 0, 0)?.and_utc() - TimeDelta::hours(1) - model.now)
    }

    async fn give(&self, model: &mut Model, dice: &mut Dice, told: &str) -> Option<Step> {
        let (giver, holder) = (any(dice, CITIZENS.len()), any(dice, CITIZENS.len()));
        if giver == holder || !model.is_own_master(giver) {
            return None;
        }
        let has_area_3 = any(dice, 5) > 0;
        let from = model.today() + Days::new([0, 0, 0, 1, 3][any(dice, 5)]);
        let to = [None, None, Some(0), Some(2), Some(6)][any(dice, 5)].map(|days| from + Days::new(days));
        let body = json!({
            "holder": {"nationalId": CITIZENS[holder]}, "areas": areas(has_area_3), "validFrom": from, "validTo": to,
        });
        let is_free = !model.powers.iter().any(|of| (of.giver, of.holder) == (giver, holder) && of.overlaps(from, to));
        let is_allowed =
            model.decided[giver].consent > 0 && !model.told[giver].is_protected && holder >= MINORS && is_free;
        let answer = self.citizens[giver].post(POWERS, &body).await;
        assert_eq!(answer.status == 201, is_allowed, "{giver} gives {body}: {answer} after {told}\n{model:?}");
        if is_allowed {
            let id = answer.id();
            model.powers.push(Power { id, giver, holder, has_area_3, from, to, is_ended: false, form: None });
        }
        Some(Step { told: format!("{giver} gives to {holder} {body}: {is_allowed}"), concerns: vec![giver, holder] })
    }

    /// One of the powers that fit.
    fn power(&self, model: &Model, dice: &mut Dice, fits: impl Fn(&Power) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..model.powers.len()).filter(|place| fits(&model.powers[*place])).collect();
        (!fitting.is_empty()).then(|| fitting[any(dice, fitting.len())])
    }

    async fn end(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let place = self.power(model, dice, |of| !of.is_ended)?;
        let power = &mut model.powers[place];
        let is_told = power.form.is_none_or(|(is_confirmed, _)| is_confirmed);
        let by = if is_told && any(dice, 2) == 0 { power.holder } else { power.giver };
        let concerns = vec![power.giver, power.holder];
        if !model.is_own_master(by) {
            return None;
        }
        let power = &mut model.powers[place];
        let _ = self.citizens[by].delete(&path_of(&power.id)).await.expect(204);
        power.is_ended = true;
        Some(Step { told: format!("{by} ends power {place}"), concerns })
    }

    async fn replace(&self, model: &mut Model, dice: &mut Dice, told: &str) -> Option<Step> {
        let today = model.today();
        let is_running = |of: &Power| !of.is_ended && of.form.is_none() && of.to.is_none_or(|to| today <= to);
        let place = self.power(model, dice, is_running)?;
        let old = model.powers[place].clone();
        if !model.is_own_master(old.giver) {
            return None;
        }
        let (from, has_area_3) = (old.from.max(today), any(dice, 2) == 0);
        let to: Option<NaiveDate> = (any(dice, 2) == 0).then(|| from + Days::new(4));
        let body = json!({"areas": areas(has_area_3), "validFrom": from, "validTo": to});
        let mut others =
            model.powers.iter().filter(|of| (of.giver, of.holder) == (old.giver, old.holder) && of.id != old.id);
        let is_free = !others.any(|of| of.overlaps(from, to));
        let is_allowed = model.decided[old.giver].consent > 0 && !model.told[old.giver].is_protected && is_free;
        let answer = self.citizens[old.giver].put(&path_of(&old.id), &body).await;
        assert_eq!(answer.status == 201, is_allowed, "replaces {old:?} by {body}: {answer} after {told}\n{model:?}");
        if is_allowed {
            model.powers[place].is_ended = true;
            model.powers.push(Power { id: answer.id(), has_area_3, from, to, ..old });
        }
        let concerns = vec![old.giver, old.holder];
        Some(Step { told: format!("power {place} is replaced by {body}: {is_allowed}"), concerns })
    }

    async fn register(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let (giver, holder) = (any(dice, CITIZENS.len()), any(dice, CITIZENS.len()));
        let is_plain = |who: Place| model.is_own_master(who) && !model.told[who].is_protected;
        let today = model.today();
        let is_free =
            !model.powers.iter().any(|of| (of.giver, of.holder) == (giver, holder) && of.overlaps(today, None));
        if giver == holder
            || !is_plain(giver)
            || !is_plain(holder)
            || model.age(holder) < 18
            || holder < MINORS
            || !is_free
        {
            return None;
        }
        let form = form(giver, holder);
        let made = self.app.operator().await.post(REGISTERED, &form).await.expect(201);
        let ready = model.now + TimeDelta::hours(72);
        model.powers.push(Power {
            id: made.id(),
            giver,
            holder,
            has_area_3: true,
            from: today,
            to: None,
            is_ended: false,
            form: Some((false, ready)),
        });
        Some(Step { told: format!("registered of {giver} for {holder}"), concerns: vec![giver, holder] })
    }

    async fn confirm(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let is_plain = |who: Place| model.is_own_master(who) && !model.told[who].is_protected;
        let waits = |of: &Power| {
            !of.is_ended && of.form.is_some_and(|form| !form.0) && is_plain(of.giver) && is_plain(of.holder)
        };
        let place = self.power(model, dice, waits)?;
        let power = &mut model.powers[place];
        let form = form(power.giver, power.holder);
        let _ = self.app.confirm_power(&self.app.other_operator().await, &power.id, &form).await.expect(200);
        power.form = power.form.map(|(_, ready)| (true, ready));
        Some(Step { told: format!("power {place} is confirmed"), concerns: vec![power.giver, power.holder] })
    }

    pub(super) async fn consent(&self, model: &mut Model, owner: Place, level: u8) {
        let body = json!({"level": LEVELS[usize::from(level)]});
        let _ = self.citizens[owner].put("/v1/me/consent", &body).await.expect(200);
        model.decided[owner].consent = level;
    }

    /// Consent, withdrawal and lock, by the owner.
    async fn decide(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let owner = CHILDREN - 1 + any(dice, CITIZENS.len() - CHILDREN + 1);
        let giver = self.power(model, dice, |power| model.is_in_force(power)).filter(|_| any(dice, 2) == 0);
        let owner = giver.map_or(owner, |place| model.powers[place].giver);
        if !model.is_own_master(owner) {
            return None;
        }
        let actor = &self.citizens[owner];
        let told = match any(dice, 7) {
            0..2 if model.decided[owner].consent > 0 => {
                let _ = actor.delete("/v1/me/consent").await.expect(204);
                model.withdraw(owner);
                "withdraws".to_owned()
            }
            2 => {
                let _ = actor.put("/v1/me/emergency-lock", &json!({})).await.expect(204);
                model.decided[owner].is_locked = true;
                "locks".to_owned()
            }
            3..5 if model.decided[owner].is_locked => {
                let _ = actor.delete("/v1/me/emergency-lock").await.expect(204);
                model.decided[owner].is_locked = false;
                "unlocks".to_owned()
            }
            _ => {
                let level = 1 + u8::try_from(any(dice, 3)).ok()?;
                self.consent(model, owner, level).await;
                format!("consents to {level}")
            }
        };
        let holders = model.powers.iter().filter(|power| power.giver == owner).map(|power| power.holder);
        Some(Step { told: format!("{owner} {told}"), concerns: holders.chain([owner]).collect() })
    }

    /// Consent and youth access, by whoever stands as parent.
    async fn decide_for_child(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let child = any(dice, CHILDREN);
        let is_parent =
            |parent: &Place| model.door(*parent, child) == super::rules::Door::Open(super::rules::Standing::Parent);
        let parents: Vec<Place> = (0..CITIZENS.len()).filter(is_parent).collect();
        let parent = *parents.get(any(dice, parents.len().max(1)))?;
        let actor = self.citizens[parent].within(&self.citizens[child].mailbox);
        let is_older = model.age(child) >= 12;
        let told = match any(dice, 8) {
            0 if model.decided[child].consent > 0 => {
                let _ = actor.delete(&actor.own("/consent")).await.expect(204);
                model.withdraw(child);
                "withdraws".to_owned()
            }
            1..4 if is_older => {
                let _ = actor.put(&actor.own("/youth-access"), &json!({})).await.expect(204);
                model.decided[child].youth_access = true;
                "gives access".to_owned()
            }
            4 if is_older => {
                let _ = actor.delete(&actor.own("/youth-access")).await.expect(204);
                model.decided[child].youth_access = false;
                "takes access".to_owned()
            }
            _ => {
                let level = [1, 2, 3, 3, 3][any(dice, 5)];
                let body = json!({"level": LEVELS[level]});
                let _ = actor.put(&actor.own("/consent"), &body).await.expect(200);
                model.decided[child].consent = u8::try_from(level).ok()?;
                format!("consents to {level}")
            }
        };
        Some(Step { told: format!("{parent} for {child} {told}"), concerns: vec![child] })
    }

    /// What the register tells of a child, or of anybody.
    async fn change_register(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        if any(dice, 3) == 0 {
            return self.change_one(model, dice).await;
        }
        let (child, parent) = (any(dice, CHILDREN), CHILDREN + any(dice, CITIZENS.len() - CHILDREN));
        let mut responsible = model.truth[child].responsible.clone();
        let concerned = responsible.iter().filter_map(|of| CITIZENS.iter().position(|number| *number == of.number));
        let concerns = concerned.chain([child, parent]).collect();
        let kind = any(dice, 3);
        if kind == 0 {
            // Away from everybody who is responsible, or back to them.
            let lives_alone = !responsible.iter().any(|of| of.shares_address);
            responsible.iter_mut().for_each(|of| of.shares_address = lives_alone);
        } else if kind == 1 && !responsible.is_empty() {
            let place = any(dice, responsible.len());
            responsible[place].shares_address ^= true;
        } else if let Some(place) = responsible.iter().position(|of| of.number == CITIZENS[parent]) {
            let _ = responsible.remove(place);
        } else if responsible.len() > 1 {
            let _ = responsible.remove(any(dice, responsible.len()));
        } else {
            let kind = ["shared", "other", "unknown"][any(dice, 3)].to_owned();
            let shares_address = any(dice, 2) == 0;
            responsible.push(Responsible { number: CITIZENS[parent].to_owned(), kind, shares_address });
        }
        let told = responsible
            .iter()
            .map(|of| json!({"nationalId": of.number, "kind": of.kind, "sharesAddress": of.shares_address}));
        let change = json!({"responsible": told.collect::<Vec<_>>()});
        let _ = self.app.change_person(CITIZENS[child], &change).await;
        model.truth[child].responsible = responsible;
        model.changed(child);
        Some(Step { told: format!("the register has of {child} {change}"), concerns })
    }

    /// A protected address, an open one, a death, or that it was none.
    async fn change_one(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let who = any(dice, CITIZENS.len());
        let power = self.power(model, dice, |power| model.is_in_force(power)).filter(|_| any(dice, 2) == 0);
        let who = power.map_or(who, |place| [model.powers[place].giver, model.powers[place].holder][any(dice, 2)]);
        let dead = model.truth.iter().filter(|of| of.is_dead).count();
        let of = &mut model.truth[who];
        let change = match any(dice, 3) {
            0 if of.is_dead || dead < 2 => {
                of.is_dead ^= true;
                json!({"deathDate": of.is_dead.then_some("2026-11-20")})
            }
            0 => return None,
            _ => {
                of.is_protected ^= true;
                let grade = ["confidential", "strictlyConfidential"][any(dice, 2)];
                json!({"protection": if of.is_protected { grade } else { "ungraded" }})
            }
        };
        let _ = self.app.change_person(CITIZENS[who], &change).await;
        model.changed(who);
        Some(Step { told: format!("the register has of {who} {change}"), concerns: vec![who] })
    }

    async fn send(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let among = if any(dice, 2) == 0 { CHILDREN } else { CITIZENS.len() };
        let (to, service) = (any(dice, among), any(dice, 3));
        let (consent, at_protected_address, parents_until, holders, youth, _) = services()[service].clone();
        let is_narrowed = any(dice, 4) == 0;
        let mut message = self.app.message("Svar").to(CITIZENS[to]).from(&self.system, &self.services[service]);
        if is_narrowed {
            message = message.with("visibility", json!({"parents": "never", "powerOfAttorney": false}));
        }
        let answer = message.try_send().await;
        let told = format!("service {service} writes to {to}, narrowed: {is_narrowed}: {}", answer.status);
        // Whom a letter reaches is the delivery's own; what matters here is who sees one that has come.
        if answer.status == 201 {
            self.app.deliver_all().await;
            let path = self.services[service].path(&format!("/messages/{}", answer.id()));
            assert_eq!(self.system.get(&path).await.expect(200)["status"], "delivered", "{told}");
            model.letters.push(Letter {
                id: answer.id(),
                to,
                consent,
                at_protected_address,
                parents_until: if is_narrowed { 0 } else { parents_until },
                holders: holders && !is_narrowed,
                youth,
                withheld_from_parents: false,
                withheld_from_holders: false,
            });
        }
        let near = model.powers.iter().filter(|power| power.giver == to).map(|power| power.holder);
        Some(Step { told, concerns: near.chain([to]).collect() })
    }

    /// From parents by health personnel, from holders by the owner.
    async fn withhold(&self, model: &mut Model, dice: &mut Dice) -> Option<Step> {
        let place = any(dice, model.letters.len().max(1));
        let letter = model.letters.get(place)?;
        let owner = letter.to;
        let path = self.citizens[owner].own(&format!("/messages/{}", letter.id));
        if owner < CHILDREN && !model.told[owner].is_dead && !model.told[owner].is_protected {
            let withheld = !letter.withheld_from_parents;
            let body = json!({"withheld": withheld});
            let _ = self.nurse.put(&format!("{path}/withheld-from-parents"), &body).await.expect(204);
            model.letters[place].withheld_from_parents = withheld;
        } else if model.is_own_master(owner)
            && model.content(super::rules::Standing::Owner, owner) == super::rules::Content::Shown
            && model.shows(super::rules::Standing::Owner, letter)
        {
            let withheld = !letter.withheld_from_holders;
            let body = json!({"withheld": withheld});
            let _ = self.citizens[owner].put(&format!("{path}/withheld-from-holders"), &body).await.expect(204);
            model.letters[place].withheld_from_holders = withheld;
        } else {
            return None;
        }
        let holders = model.powers.iter().filter(|power| power.giver == owner).map(|power| power.holder);
        Some(Step {
            told: format!("letter {place} is withheld, or shown again"),
            concerns: holders.chain([owner]).collect(),
        })
    }

    /// Everything that the register has is told anew, and then it is away.
    async fn take_register_away(&mut self, model: &mut Model) -> Step {
        self.advance(model, TimeDelta::minutes(61)).await;
        for citizen in &self.citizens {
            let _ = citizen.get("/v1/me").await;
        }
        self.app.take_register_away().await;
        model.is_away = true;
        Step { told: "the register is away".to_owned(), concerns: vec![] }
    }
}

fn areas(has_area_3: bool) -> Value {
    if has_area_3 { json!([1, 3]) } else { json!([1, 2]) }
}

fn form(giver: Place, holder: Place) -> Value {
    json!({
        "giver": {"nationalId": CITIZENS[giver]}, "holder": {"nationalId": CITIZENS[holder], "name": "Naboen"},
        "kind": "powerOfAttorney", "areas": [3], "caseNumber": "2026/17",
    })
}
