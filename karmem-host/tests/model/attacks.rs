//! Steps in which a callback of a guest misbehaves, or a guest runs out of time or fuel in the middle of its work.

use karmem_host::Access;

use crate::guest::{Act, Callback};
use crate::host::{Meanwhile, silently};
use crate::model::Wrote;
use crate::steps::Done;
use crate::world::{DEADLINE, MODULES, NAMES, REGIONS, SOON, World, kind};

/// After so many attacks a module is exchanged: each may have cost it a block of its memory.
const WORN: u32 = 6;

const CALLBACKS: [Callback; 4] = [
    Callback::Alloc,
    Callback::Free,
    Callback::Attach,
    Callback::Detach,
];

const ACTS: [Act; 7] = [
    Act::Trap,
    Act::Loop,
    Act::Ask,
    Act::Call,
    Act::Heap,
    Act::Panic,
    Act::Plain,
];

/// Which callback does what.
#[derive(Clone, Copy, Debug)]
struct Attack {
    module: usize,
    callback: Callback,
    act: Act,
}

/// A change of grants; without an access it takes the region away.
#[derive(Clone, Copy, Debug)]
struct Change {
    slot: usize,
    to: usize,
    access: Option<Access>,
}

/// What came of a change: nothing if it was not tried, or if a panic went through it.
type Came = Option<Result<(), &'static str>>;

impl World {
    /// A callback does what it should not while the host, or an implementation that a guest called, changes grants.
    pub fn attack(&mut self) -> Done {
        let module = self.module();
        let attack = Attack {
            module,
            callback: CALLBACKS[self.rng.below(CALLBACKS.len())],
            act: ACTS[self.rng.below(ACTS.len())],
        };
        let change = Change {
            slot: self.slot(),
            to: if self.rng.one_in(4) {
                self.module()
            } else {
                module
            },
            access: (!self.rng.one_in(3)).then(|| self.access()),
        };
        let asker = self.rng.one_in(3).then(|| self.module());
        self.note(format!("{attack:?} in {change:?} asked for by {asker:?}"));
        let (callback, act) = (attack.callback as u32, attack.act as u32);
        self.call(module, |g| &g.plot, (callback, act, 1))
            .ok_or("poisoned")?;
        if attack.act == Act::Loop && self.fuel.is_none() {
            self.system.set_deadline(Some(SOON));
        }
        let wanted = self.wanted(change);
        let sure = self.is_sure(attack, change);
        let (came, wanted, panicked) = match asker {
            None => {
                let came = self.change(change);
                (came, Some(wanted), came.is_none())
            }
            Some(asker) => self.asked(asker, change, wanted, attack.act),
        };
        self.system.set_deadline(Some(DEADLINE));
        if panicked {
            assert_eq!(attack.act, Act::Panic);
            let everybody: Vec<usize> = (0..MODULES).collect();
            self.cut_off(&everybody);
        }
        let left = self.try_call(module, |g| &g.plot, (callback, act, 0));
        let fired = left != Ok(1);
        let fails = attack.act != Act::Plain;
        let hidden = self.members[module].version.hidden;
        let poisoned = hidden && fired && fails;
        let known = if poisoned { Err("poisoned") } else { left };
        assert_eq!(left, known, "{attack:?}");
        self.members[module].poisoned |= poisoned;
        if attack.act == Act::Loop && self.fuel.is_none() {
            self.learn_poisoned();
        }
        self.members[module].attacked += u32::from(fired);

        let unwound = panicked || came == Some(Err("caught"));
        assert_eq!(unwound, fired && attack.act == Act::Panic, "{attack:?}");
        let Some(wanted) = wanted else {
            // It never came to that.
            assert!(came.is_none() && (!fired || attack.act == Act::Loop));
            return Err("not asked");
        };
        let sure = sure && wanted.is_ok();
        assert!(fired || !sure || came == Some(Err("late")), "{attack:?}");
        let late = attack.act == Act::Loop && came == Some(Err("late"));
        if fired && fails {
            assert_eq!(wanted, Ok(()));
            match (attack.act, came) {
                (Act::Panic, None | Some(Err("caught")))
                | (Act::Trap | Act::Call, Some(Err("trap")))
                | (Act::Ask | Act::Call | Act::Heap, Some(Err("host")))
                | (Act::Loop, Some(Err("late"))) => {}
                _ => panic!("{attack:?} gave {came:?}"),
            }
        } else if !late {
            assert_eq!(came, Some(wanted), "{attack:?}");
        }
        // A busy machine may have cut off any callback, which leaves the module with books of its own that are wrong.
        let unsure = came == Some(Err("late")) && self.fuel.is_none();
        self.changed(change, wanted.is_ok(), came == Some(Ok(())), unsure);
        if self.members[module].attacked >= WORN {
            self.swap_for_good(module);
        }
        came.unwrap_or(Err("panic"))
    }

    /// What a change would give if nothing came in between.
    fn wanted(&self, change: Change) -> Done {
        let Some(region) = &self.regions[change.slot] else {
            return Err("unknown region");
        };
        match change.access {
            Some(_) if self.members[change.to].poisoned => Err("poisoned"),
            Some(access) => region.clone().grant(change.to, access),
            None => region.clone().revoke(change.to),
        }
    }

    /// Whether the change leads to the callback.
    fn is_sure(&self, attack: Attack, change: Change) -> bool {
        let region = self.regions[change.slot].as_ref();
        let has = region.is_some_and(|r| r.windows.contains_key(&change.to));
        let called = match attack.callback {
            Callback::Alloc | Callback::Attach => change.access.is_some() && !has,
            Callback::Free | Callback::Detach => change.access.is_none() && has,
        };
        called && change.to == attack.module
    }

    /// The host changes grants; `None` if that panicked.
    fn change(&mut self, change: Change) -> Came {
        let (region, module) = (REGIONS[change.slot], NAMES[change.to]);
        let system = &mut self.system;
        let done = silently(|| match change.access {
            Some(access) => system.grant(region, module, access),
            None => system.revoke(region, module),
        });
        done.map(|done| done.map_err(|e| kind(&e)))
    }

    /// A guest calls the host, which changes grants. Gives what came of the change, what should if it was tried, and
    /// whether the call panicked.
    fn asked(
        &mut self,
        asker: usize,
        change: Change,
        wanted: Done,
        act: Act,
    ) -> (Came, Option<Done>, bool) {
        let (region, module) = (REGIONS[change.slot], NAMES[change.to]);
        let what = match change.access {
            access if self.rng.one_in(2) => Meanwhile::Caught(region, module, access),
            Some(access) => Meanwhile::Grant(region, module, access),
            None => Meanwhile::Revoke(region, module),
        };
        *self.order.lock().unwrap() = (Some(what), None);
        let poisoned = |other: usize| self.members[other].poisoned;
        let allowed = self.regions[change.slot]
            .as_ref()
            .is_none_or(|r| r.may_change(asker, change.to, change.access, poisoned));
        // No region has this handle.
        let done = self.try_call(asker, |g| &g.ask, (0, 9_999_999, 0));
        let (left, came) = std::mem::take(&mut *self.order.lock().unwrap());
        if let Some(refused) = self.refused(&[asker]) {
            assert_eq!(done, Err(refused));
            return (None, None, false);
        }
        if left.is_some() {
            assert_eq!((act, done), (Act::Loop, Err("late")));
            self.cut_off(&[asker]);
            return (None, None, false);
        }
        self.counters.host_calls += 1;
        match done {
            Ok(0) => assert!(came.is_some()),
            Err("late") if act == Act::Loop => self.cut_off(&[asker]),
            Err("panic") => assert!(came.is_none()),
            other => panic!("{other:?}"),
        }
        let wanted = if allowed { wanted } else { Err("not volatile") };
        let came = came.map(|came| came.map_err(|e| kind(&e)));
        (came, Some(wanted), done == Err("panic"))
    }

    /// The model follows: a grant that failed has changed nothing, and what was revoked is gone in any case.
    fn changed(&mut self, change: Change, allowed: bool, done: bool, unsure: bool) {
        let Change { slot, to, access } = change;
        let Some(region) = self.regions[slot].as_mut().filter(|_| allowed) else {
            return;
        };
        match access {
            Some(access) if done => region.grant(to, access).unwrap(),
            None => region.revoke(to).unwrap(),
            Some(_) if region.windows.contains_key(&to) => {
                // Pages of its own may be gone.
                region.refresh(to);
                self.system.refresh(REGIONS[slot], NAMES[to]).unwrap();
            }
            Some(_) => {}
        }
        if unsure {
            self.swap_for_good(to);
        }
        self.check_described();
        self.check_region(slot);
        for module in 0..MODULES {
            self.check_window(slot, module);
        }
    }

    /// Who is poisoned where time was over: any module that cannot be restored may have been running.
    fn learn_poisoned(&mut self) {
        for (module, name) in NAMES.iter().enumerate() {
            let member = &mut self.members[module];
            if self.system.poisoned(name).unwrap().is_some() && !member.poisoned {
                assert!(member.version.hidden, "{name} was poisoned");
                member.poisoned = true;
            }
        }
    }

    /// A guest writes byte by byte, and may be stopped at any of them.
    pub fn guest_slowly(&mut self) -> Done {
        let (slot, module) = self.pair();
        self.present(slot)?;
        let len = self.regions[slot].as_ref().map_or(1, |r| r.bytes.len());
        let ((at, mut length), byte) = (self.range(len), self.rng.next() as u8);
        if self.fuel.is_some() && self.rng.one_in(2) {
            // More than the fuel is enough for, mostly.
            length = len - at;
        }
        let for_ever = self.rng.one_in(4);
        self.note(format!(
            "{module} slowly fills {slot} at {at:#x} +{length:#x} with {byte}, for ever: {for_ever}"
        ));
        let handle = self.regions[slot].as_ref().map_or(0, |r| r.handle);
        if for_ever && self.fuel.is_none() {
            self.system.set_deadline(Some(SOON));
        }
        let (offset, size, ever) = (at as u32, length as u32, u32::from(for_ever));
        let params = (handle, offset, size, byte.into(), ever);
        let done = self.try_call(module, |g| &g.slowly, params);
        self.system.set_deadline(Some(DEADLINE));
        if let Some(refused) = self.refused(&[module]) {
            assert_eq!(done, Err(refused));
            return Err(refused);
        }
        if done.is_err() {
            self.cut_off(&[module]);
        }
        let page = self.page;
        let region = self.regions[slot].as_mut().unwrap();
        let wrote = region.write(module, at, &[], page);
        let late = for_ever || self.fuel.is_some();
        let written = match (done, wrote) {
            (Ok(0), Wrote::Nothing) => return Err("not granted"),
            (Ok(1), Wrote::Strict) if length == 0 && !for_ever => 0,
            (Err("trap"), Wrote::Strict) if length > 0 => return Err("trap"),
            (Ok(1), Wrote::Shared | Wrote::Private) if !for_ever => length,
            (Err("late"), Wrote::Nothing | Wrote::Strict) if late => 0,
            (Err("late"), Wrote::Shared) if late => {
                let found = self.system.bytes(REGIONS[slot]).unwrap();
                run(&found[at..at + length], byte)
            }
            (Err("late"), Wrote::Private) if late && region.copied => 0,
            (Err("late"), Wrote::Private) if late => {
                let probe = self.probes[module];
                let copied = self.call(module, |g| &g.copy, (handle, 0, len as u32, probe));
                // A poisoned one shows nothing, and its next version sees the region.
                copied.map_or(0, |_| {
                    let found = self.system.bytes(&format!("p{module}")).unwrap();
                    run(&found[at..at + length], byte)
                })
            }
            other => panic!("not expected here: {other:?}"),
        };
        let region = self.regions[slot].as_mut().unwrap();
        if wrote != Wrote::Strict {
            region.write(module, at, &vec![byte; written], page);
        }
        self.check_region(slot);
        self.forget_copies(slot, module, wrote);
        self.check_window(slot, module);
        done.map(drop)
    }
}

/// How many of these bytes were written, from the first one on.
fn run(bytes: &[u8], byte: u8) -> usize {
    let end = bytes.iter().position(|b| *b != byte);
    end.unwrap_or(bytes.len())
}
