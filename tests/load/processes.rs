//! What processes of this machine have used, as Linux tells it.

use std::fs;
use std::time::Duration;

use crate::Result;

/// The kernel tells times of processes in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// The fields of `/proc/<pid>/stat` after the name, which may itself hold spaces: the first is the state.
fn stat(pid: u32) -> Result<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    Ok(after_name.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
}

fn ticks(fields: &[u64], which: std::ops::Range<usize>) -> Duration {
    let sum: u64 = fields.get(which).unwrap_or_default().iter().sum();
    TICK * u32::try_from(sum).unwrap_or(u32::MAX)
}

/// Processor time that a process has used, user and system.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    Ok(ticks(&stat(pid)?, 11..13))
}

/// Processor time of a process and all its children, those that have ended included.
pub(crate) fn cpu_of_family(parent: u32) -> Result<Duration> {
    let mut sum = ticks(&stat(parent)?, 11..15);
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that ended meanwhile is counted with its parent next time.
        if let Ok(fields) = stat(pid)
            && fields.get(1) == Some(&u64::from(parent))
        {
            sum += ticks(&fields, 11..13);
        }
    }
    Ok(sum)
}

/// The process that started this one.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    stat(pid).ok()?.get(1).and_then(|parent| u32::try_from(*parent).ok())
}

/// What a process is called.
pub(crate) fn name(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|name| name.trim().to_owned())
}

/// Memory of a process that is in RAM now, in KiB.
pub(crate) fn resident_kb(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}
