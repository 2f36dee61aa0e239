//! Durations as the clock takes them: the part of ISO 8601 that has a fixed length.

use chrono::TimeDelta;

/// Reads `P7D`, `PT36H`, `P1DT2H30M`: days, hours, minutes and seconds, whole numbers, in this order. Months and years
/// have no fixed length and are not taken.
pub(crate) fn parse_duration(text: &str) -> Option<TimeDelta> {
    let (days, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (text.strip_prefix('P')?, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let (days, rest) = leading(days, 'D')?;
    let (hours, time) = leading(time, 'H')?;
    let (minutes, time) = leading(time, 'M')?;
    let (seconds, time) = leading(time, 'S')?;
    if !rest.is_empty() || !time.is_empty() {
        return None;
    }
    TimeDelta::try_days(days)?
        .checked_add(&TimeDelta::try_hours(hours)?)?
        .checked_add(&TimeDelta::try_minutes(minutes)?)?
        .checked_add(&TimeDelta::try_seconds(seconds)?)
}

/// The number before a unit, zero where the unit is not there, and what follows.
fn leading(text: &str, unit: char) -> Option<(i64, &str)> {
    match text.split_once(unit) {
        Some((digits, rest)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((digits.parse().ok()?, rest))
        }
        Some(_) => None,
        None => Some((0, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_days_hours_minutes_and_seconds_in_this_order() {
        let table = [
            ("P7D", Some(7 * 86_400)),
            ("PT36H", Some(36 * 3600)),
            ("P1DT2H30M5S", Some(86_400 + 2 * 3600 + 30 * 60 + 5)),
            ("PT0S", Some(0)),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("7D", None),
            ("P-7D", None),
            ("P1M", None),
            ("PT1H1D", None),
            ("P1D1D", None),
            ("P99999999999999999999D", None),
            ("P9999999999999999D", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_duration(text).map(|duration| duration.num_seconds()), expected, "{text}");
        }
    }
}
