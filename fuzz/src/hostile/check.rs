//! What must hold after each step.

use std::collections::BTreeMap;
use std::time::Duration;

use karmem_host::{Access, Error, Removed};

use super::host::{MARK, MARKED, REGIONS, Scan, TRIED, note, shared, told};
use super::world::{World, broken, caught};

/// What the books say of a region.
struct Books {
    sealed: bool,
    grants: BTreeMap<String, Access>,
}

/// Where two things differ first.
fn same(found: &[u8], wanted: &[u8], what: impl FnOnce() -> String) {
    if found != wanted {
        let at = found.iter().zip(wanted).position(|(a, b)| a != b);
        let lengths = (found.len(), wanted.len());
        broken(format!("{} at {at:?} (lengths {lengths:?})", what()));
    }
}

impl World {
    pub fn check(&mut self, fuel: bool) {
        if !fuel {
            // The machine may be busy.
            self.system.set_deadline(Some(Duration::from_secs(20)));
        }
        shared(|s| s.mute = true);
        self.check_all();
        shared(|s| {
            s.mute = false;
            s.touched = Default::default();
        });
        if !fuel {
            self.system.set_deadline(Some(Duration::from_millis(4)));
        }
    }

    fn check_all(&mut self) {
        // Puts in order what a panic of the host left: modules are told of their regions again, by
        // those who may still write.
        let _ = caught(|| self.system.refresh(REGIONS[0], "honest"));
        let books = self.books();
        self.check_sealed();
        let touched = shared(|s| s.touched);
        for (i, name) in REGIONS.into_iter().enumerate() {
            let Ok(bytes) = self.system.bytes(name) else {
                continue;
            };
            if !touched[i] && !self.seen[i].is_empty() {
                same(bytes, &self.seen[i], || {
                    format!("`{name}` was changed by somebody who may not write it,")
                });
            }
        }
        let marked = self.mark();
        self.look(&books, &marked);
        self.check_sealed();
        self.ask(&books);
        for (i, name) in REGIONS.into_iter().enumerate() {
            let bytes = self.system.bytes(name).map(<[u8]>::to_vec);
            self.seen[i] = bytes.unwrap_or_default();
        }
    }

    fn books(&self) -> [Option<Books>; REGIONS.len()] {
        let said = self.system.describe();
        REGIONS.map(|name| {
            let region = said.regions.iter().find(|r| r.name == name)?;
            let writers = region.grants.iter().filter(|g| g.1 == Access::Write);
            if writers.count() > 1 {
                broken(format!("`{name}` has two writers: {:?}", region.grants));
            }
            let grants: BTreeMap<_, _> = region.grants.iter().cloned().collect();
            if grants.len() != region.grants.len() {
                broken(format!("a module has `{name}` twice: {:?}", region.grants));
            }
            Some(Books {
                sealed: region.sealed,
                grants,
            })
        })
    }

    fn check_sealed(&self) {
        for (i, held) in self.held.iter().enumerate() {
            if let Some(held) = held {
                same(&held.sealed, &held.bytes, || {
                    format!("`{}` changed, which is sealed,", REGIONS[i])
                });
            }
        }
    }

    /// Writes a number that was never there before to each page of each region that is not sealed, those
    /// included that the system does not have any more.
    fn mark(&mut self) -> [bool; REGIONS.len()] {
        let mut marks = BTreeMap::new();
        let mut marked = [false; REGIONS.len()];
        for (i, name) in REGIONS.into_iter().enumerate() {
            let bytes = match (&mut self.kept[i], self.system.bytes_mut(name)) {
                (_, Ok(bytes)) => bytes,
                (Some(Removed::Region(region)), Err(_)) => region.bytes_mut(),
                _ => continue,
            };
            marked[i] = true;
            for page in (0..bytes.len()).step_by(MARKED) {
                self.marks += 1;
                let mark = 0xf00d_0000_0000_0000 | self.marks;
                bytes[page + MARK..][..8].copy_from_slice(&mark.to_le_bytes());
                marks.insert(mark, (i, page));
            }
        }
        shared(|s| {
            s.scan = Scan {
                marks,
                ..Scan::default()
            };
        });
        marked
    }

    /// The content of a region, wherever it is.
    fn content(&self, i: usize) -> Option<&[u8]> {
        match (self.system.bytes(REGIONS[i]), &self.kept[i]) {
            (Ok(bytes), _) => Some(bytes),
            (_, Some(Removed::Region(region))) => Some(region.bytes()),
            (_, Some(Removed::Sealed(sealed))) => Some(sealed),
            _ => None,
        }
    }

    /// Looks into the memory of the hostile module, and writes there.
    fn look(&mut self, books: &[Option<Books>; REGIONS.len()], marked: &[bool; REGIONS.len()]) {
        let grant = |i: usize| {
            books[i]
                .as_ref()
                .and_then(|b| b.grants.get("rogue").copied())
        };
        let strict = (0..REGIONS.len()).any(|i| grant(i) == Some(Access::ReadStrict));
        let tries = shared(|s| s.input.byte()) < 128;
        let before: Vec<_> = (0..REGIONS.len())
            .map(|i| self.content(i).map(<[u8]>::to_vec))
            .collect();
        let value = (self.marks as i32) | 0x5a00_0000;
        if tries {
            shared(|s| {
                let all = 0..REGIONS.len();
                s.scan.write = all
                    .filter(|i| grant(*i) != Some(Access::ReadStrict))
                    .collect();
                s.scan.blind = !strict;
            });
        }
        for attempt in 0.. {
            shared(|s| s.scan.found.clear());
            let scan = &self.rogue.scan;
            let done = caught(|| self.system.invoke(scan, |_| Ok(value), |r, _| Ok(r)));
            match done {
                Some(Ok(0)) => break,
                // What was stored before into a strict window.
                Some(Err(Error::Violation { .. })) if attempt == 0 => {}
                Some(Err(Error::Poisoned { .. })) => return,
                Some(Err(e)) => broken(format!("the hostile module cannot be called: {e}")),
                Some(Ok(x)) => broken(format!("the hostile module has no memory: {x}")),
                None => broken("a host function panicked during a check".into()),
            }
        }
        let found = shared(|s| std::mem::take(&mut s.scan.found));
        for (i, name) in REGIONS.into_iter().enumerate() {
            let mut bases: Vec<usize> = found
                .iter()
                .filter(|(region, ..)| *region == i)
                .map(|(_, page, at)| page.wrapping_sub(*at))
                .collect();
            let pages = bases.len();
            bases.dedup();
            let grant = grant(i);
            if grant.is_none() && pages > 0 {
                broken(format!(
                    "`{name}` is seen at {bases:#x?} by who has no grant"
                ));
            }
            if bases.len() > 1 {
                broken(format!("`{name}` is seen at {bases:#x?} by one module"));
            }
            let Some(now) = self.content(i) else { continue };
            let Some(old) = &before[i] else { continue };
            let sealed = books[i].as_ref().is_some_and(|b| b.sealed);
            let writes = grant == Some(Access::Write) && !sealed;
            if marked[i] && writes && pages != now.len() / MARKED {
                broken(format!("the writer of `{name}` sees {pages} pages of it"));
            }
            let tried = |at: usize| now[at + TRIED..][..4] == value.to_le_bytes();
            let changed = (0..now.len())
                .step_by(MARKED)
                .filter(|at| tried(*at))
                .count();
            if changed > 0 && !writes {
                let text = format!("`{name}` was written by who has {grant:?} (sealed: {sealed})");
                broken(text);
            }
            if tries && writes && changed != now.len() / MARKED {
                broken(format!(
                    "only {changed} stores to `{name}` arrived of its writer"
                ));
            }
            if !writes {
                same(now, old, || format!("`{name}` changed during a check"));
            }
        }
        if tries {
            for name in REGIONS {
                let done = caught(|| self.system.refresh(name, "rogue"));
                note(|| {
                    format!(
                        "  (refresh {name}: {})",
                        done.as_ref().map_or("-".into(), told)
                    )
                });
            }
        }
    }

    /// Asks the honest module what it was told, and what it sees.
    fn ask(&mut self, books: &[Option<Books>; REGIONS.len()]) {
        if let Ok(Some(why)) = self.system.poisoned("honest") {
            broken(format!("the honest module is poisoned: {why}"));
        }
        let open = self
            .system
            .invoke(&self.honest.open, |_| Ok(()), |r, _| Ok(r));
        match open {
            Ok(0) => {}
            Ok(open) => broken(format!(
                "{open} regions are still open in the honest module, though no call is running"
            )),
            Err(e) => broken(format!("the honest module cannot be called: {e}")),
        }
        for (i, name) in REGIONS.into_iter().enumerate() {
            let Some(books) = &books[i] else { continue };
            let Some(access) = books.grants.get("honest") else {
                continue;
            };
            let handle = shared(|s| s.handles[i]);
            let flags = self
                .system
                .invoke(&self.honest.flags, |_| Ok(handle), |r, _| Ok(r));
            let params = (handle, MARK as u32);
            let seen = self
                .system
                .invoke(&self.honest.peek, |_| Ok(params), |r, _| Ok(r));
            let bytes = self.content(i).unwrap_or_default();
            let mark = bytes[MARK..][..8].try_into().map_or(0, i64::from_le_bytes);
            let writes = *access == Access::Write && !books.sealed;
            match (flags, seen) {
                (Ok(flags), Ok(seen)) => {
                    if flags == -1 || (flags & 1 == 1) != writes {
                        broken(format!(
                            "the honest module was told {flags} of `{name}` ({access:?})"
                        ));
                    }
                    if seen != mark {
                        broken(format!(
                            "the honest module sees {seen:#x} in `{name}`, and not {mark:#x}"
                        ));
                    }
                }
                (flags, seen) => {
                    let (flags, seen) = (told(&flags), told(&seen));
                    broken(format!(
                        "the honest module cannot be called: {flags}, {seen}"
                    ));
                }
            }
        }
    }
}
