//! The shim between a consumer and whoever provides its imports.
//!
//! Imports are bound when a module is instantiated, for good. So that modules can call each other in a
//! circle, and so that a provider can be exchanged under callers that live on, a consumer is not
//! linked to its providers but to a small module made for it: each import is a function there that
//! calls through a slot of a table, and the host fills the slots. No host code runs in such a call, unless the
//! consumer's gate is shut: while the consumer runs a callback of the ABI, which may not call others, and where
//! regions are copied before and after each call. Calls run two functions of the host then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink, RefType,
    TableSection, TableType, TypeSection, ValType,
};
use wasmtime::{
    AsContextMut, Engine, FuncType, Global, Instance, Ref, StoreContextMut, Table, Val,
};

use crate::context::Context;
use crate::error::{Error, Result, text};
use crate::recent::Recent;

/// The number of the consumer, exported so that a host function can tell who calls.
pub(super) const CONSUMER: &str = "consumer";
/// The consumer number of the host itself.
pub(super) const HOST: u32 = u32::MAX;

const SLOTS: &str = "slots";
/// The flag that sends calls through the guards, exported for the host to set.
const GATE: &str = "gate";

/// Functions that lead to slots, in one consumer's name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shim {
    pub(super) instance: Instance,
    table: Table,
    gate: Global,
}

/// Host functions that a call runs while the gate of its shim is shut: one before it, one after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guards {
    pub(super) before: wasmtime::Func,
    pub(super) after: wasmtime::Func,
}

/// The wasm types of one function.
pub(super) type Signature = (Vec<ValType>, Vec<ValType>);

/// The compiled shims that an engine used last, by the signatures of their functions: what a module imports does
/// not change from instance to instance, nor from system to system. A shim that is forgotten here lives as long as
/// a system that has it.
#[derive(Clone, Debug)]
pub(crate) struct Shims {
    compiled: Arc<Mutex<Recent<Vec<Signature>, wasmtime::Module>>>,
}

/// How much of them is kept: functions, and as much again for each module, whose code takes whole pages.
const KEPT: usize = 4096;
/// What a module weighs, in functions.
const MODULE: usize = 32;

impl Default for Shims {
    fn default() -> Shims {
        Shims {
            compiled: Arc::new(Mutex::new(Recent::new(KEPT))),
        }
    }
}

/// The signature of a function, if it has numbers only.
pub(super) fn signature(ty: &FuncType) -> Option<Signature> {
    let number = |ty: wasmtime::ValType| match ty {
        wasmtime::ValType::I32 => Some(ValType::I32),
        wasmtime::ValType::I64 => Some(ValType::I64),
        wasmtime::ValType::F32 => Some(ValType::F32),
        wasmtime::ValType::F64 => Some(ValType::F64),
        _ => None,
    };
    Some((
        ty.params().map(number).collect::<Option<_>>()?,
        ty.results().map(number).collect::<Option<_>>()?,
    ))
}

/// The name of the function that calls through a slot.
pub(super) fn function(slot: u32) -> String {
    slot.to_string()
}

impl Shims {
    fn compiled(&self) -> MutexGuard<'_, Recent<Vec<Signature>, wasmtime::Module>> {
        // Whoever panicked meanwhile left whole entries.
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the shim of a consumer. All its slots are empty: a call through one traps.
    pub(super) fn instantiate(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        consumer: u32,
        guards: Guards,
        signatures: Vec<Signature>,
    ) -> Result<Shim> {
        let failed = |e| Error::Instantiate(format!("no shim for linked calls: {}", text(e)));
        let engine: Engine = store.engine().clone();
        let known = self.compiled().get(&signatures);
        let module = match known {
            Some(module) => module,
            None => {
                let module = compile(&engine, &signatures).map_err(failed)?;
                let weight = signatures.len().saturating_add(MODULE);
                self.compiled().insert(signatures, module.clone(), weight);
                module
            }
        };
        let ty = wasmtime::GlobalType::new(wasmtime::ValType::I32, wasmtime::Mutability::Const);
        let value = Val::I32(consumer.cast_signed());
        let number = Global::new(store.as_context_mut(), ty, value).map_err(failed)?;
        let imports = [number.into(), guards.before.into(), guards.after.into()];
        let instance = Instance::new(store.as_context_mut(), &module, &imports).map_err(failed)?;
        let table = instance
            .get_table(store.as_context_mut(), SLOTS)
            .ok_or_else(|| Error::Instantiate("the shim has no table".into()))?;
        let gate = instance
            .get_global(store.as_context_mut(), GATE)
            .ok_or_else(|| Error::Instantiate("the shim has no gate".into()))?;
        Ok(Shim {
            instance,
            table,
            gate,
        })
    }
}

impl Shim {
    /// Leads a slot to a function.
    pub(super) fn set(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        slot: u32,
        target: wasmtime::Func,
    ) -> Result<()> {
        self.table
            .set(
                store.as_context_mut(),
                u64::from(slot),
                Ref::Func(Some(target)),
            )
            .map_err(|e| Error::Instantiate(text(e)))
    }
}

impl Shim {
    /// Sends the consumer's calls through the guards from now on. Returns the state of the gate before, for
    /// [`restore`](Shim::restore).
    pub(super) fn shut(&self, store: &mut StoreContextMut<'_, Context>) -> Val {
        let before = self.gate.get(store.as_context_mut());
        self.restore(store, Val::I32(1));
        before
    }

    /// Puts the gate back.
    pub(super) fn restore(&self, store: &mut StoreContextMut<'_, Context>, gate: Val) {
        let set = self.gate.set(store.as_context_mut(), gate);
        debug_assert!(set.is_ok(), "the gate is a mutable i32");
    }
}

fn compile(engine: &Engine, signatures: &[Signature]) -> wasmtime::Result<wasmtime::Module> {
    // An engine may have tail calls switched off. Plain calls are slower and otherwise the same.
    wasmtime::Module::new(engine, encode(signatures, true))
        .or_else(|_| wasmtime::Module::new(engine, encode(signatures, false)))
}

/// The module: function *i* calls through slot *i*, directly while the gate is 0, and through function *n + i*, which
/// runs the guards, otherwise. Tail calls save more time than the look at the gate takes.
fn encode(signatures: &[Signature], tail_calls: bool) -> Vec<u8> {
    let (mut types, mut functions, mut exports, mut code) = (
        TypeSection::new(),
        FunctionSection::new(),
        ExportSection::new(),
        CodeSection::new(),
    );
    let guarded = GUARDS + u32::try_from(signatures.len()).unwrap_or(u32::MAX);
    for (slot, (params, results)) in (0..).zip(signatures) {
        types
            .ty()
            .function(params.iter().copied(), results.iter().copied());
        functions.function(slot);
        exports.export(&function(slot), ExportKind::Func, GUARDS + slot);
        let mut body = Function::new([]);
        let mut instructions = body.instructions();
        instructions.global_get(GATE_INDEX).if_(BlockType::Empty);
        pass_on(&mut instructions, params);
        if tail_calls {
            instructions.return_call(guarded + slot);
        } else {
            instructions.call(guarded + slot).return_();
        }
        instructions.end();
        pass_on(&mut instructions, params);
        instructions.i32_const(slot.cast_signed());
        if tail_calls {
            instructions.return_call_indirect(0, slot);
        } else {
            instructions.call_indirect(0, slot);
        }
        instructions.end();
        code.function(&body);
    }
    for (slot, (params, _)) in (0..).zip(signatures) {
        functions.function(slot);
        let mut body = Function::new([]);
        let mut instructions = body.instructions();
        instructions.call(BEFORE);
        pass_on(&mut instructions, params);
        instructions.i32_const(slot.cast_signed());
        instructions.call_indirect(0, slot);
        instructions.call(AFTER).end();
        code.function(&body);
    }
    let guard = types.len();
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import("", CONSUMER, number(false));
    imports.import("", "before", EntityType::Function(guard));
    imports.import("", "after", EntityType::Function(guard));
    exports.export(CONSUMER, ExportKind::Global, CONSUMER_INDEX);
    let mut globals = GlobalSection::new();
    globals.global(number(true), &ConstExpr::i32_const(0));
    exports.export(GATE, ExportKind::Global, GATE_INDEX);
    let mut tables = TableSection::new();
    let length = signatures.len() as u64;
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: length,
        maximum: Some(length),
        table64: false,
        shared: false,
    });
    exports.export(SLOTS, ExportKind::Table, 0);

    let mut module = wasm_encoder::Module::new();
    module.section(&types);
    module.section(&imports);
    module.section(&functions);
    module.section(&tables);
    module.section(&globals);
    module.section(&exports);
    module.section(&code);
    module.finish()
}

/// The functions and globals of the module that come before those of the slots.
const BEFORE: u32 = 0;
const AFTER: u32 = 1;
const GUARDS: u32 = 2;
const CONSUMER_INDEX: u32 = 0;
const GATE_INDEX: u32 = 1;

fn number(mutable: bool) -> GlobalType {
    GlobalType {
        val_type: ValType::I32,
        mutable,
        shared: false,
    }
}

fn pass_on(instructions: &mut InstructionSink<'_>, params: &[ValType]) {
    for (param, _) in (0..).zip(params) {
        instructions.local_get(param);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use wasmtime::{Func, Store};

    #[test]
    fn a_slot_leads_to_what_was_set_last_and_traps_when_empty() {
        leads_to_what_was_set_last(&Engine::default());
    }

    fn leads_to_what_was_set_last(engine: &Engine) {
        let mut store = Store::new(engine, Context::new(Limits::default()));
        let ty = FuncType::new(
            engine,
            [wasmtime::ValType::I64, wasmtime::ValType::F32],
            [wasmtime::ValType::I64],
        );
        let shims = Shims::default();
        let signatures = vec![signature(&ty).unwrap(); 2];
        let cx = &mut store.as_context_mut();
        let passed = Arc::new(Mutex::new(Vec::new()));
        let (before, after) = (passed.clone(), passed.clone());
        let guards = Guards {
            before: Func::wrap(&mut *cx, move || before.lock().unwrap().push("before")),
            after: Func::wrap(&mut *cx, move || after.lock().unwrap().push("after")),
        };
        let shim = shims
            .instantiate(cx, 7, guards, signatures.clone())
            .unwrap();
        let call = shim
            .instance
            .get_typed_func::<(i64, f32), i64>(&mut store, &function(1))
            .unwrap();
        assert!(call.call(&mut store, (5, 1.0)).is_err());
        let add = Func::wrap(&mut store, |a: i64, b: f32| a + b as i64);
        let sub = Func::wrap(&mut store, |a: i64, b: f32| a - b as i64);
        shim.set(&mut store.as_context_mut(), 1, add).unwrap();
        assert_eq!(call.call(&mut store, (5, 1.0)).unwrap(), 6);
        shim.set(&mut store.as_context_mut(), 1, sub).unwrap();
        assert_eq!(call.call(&mut store, (5, 1.0)).unwrap(), 4);
        assert!(shim.set(&mut store.as_context_mut(), 2, sub).is_err());
        let number = shim.instance.get_global(&mut store, CONSUMER).unwrap();
        assert_eq!(number.get(&mut store).i32(), Some(7));
        // Through the guards while the gate is shut.
        assert!(passed.lock().unwrap().is_empty());
        let gate = shim.shut(&mut store.as_context_mut());
        assert_eq!(call.call(&mut store, (5, 1.0)).unwrap(), 4);
        assert_eq!(*passed.lock().unwrap(), ["before", "after"]);
        shim.restore(&mut store.as_context_mut(), gate);
        assert_eq!(call.call(&mut store, (5, 1.0)).unwrap(), 4);
        assert_eq!(passed.lock().unwrap().len(), 2);
        shims
            .instantiate(&mut store.as_context_mut(), 8, guards, signatures)
            .unwrap();
        assert_eq!(shims.compiled().len(), 1);
    }

    fn unguarded(store: &mut StoreContextMut<'_, Context>) -> Guards {
        Guards {
            before: Func::wrap(&mut *store, || {}),
            after: Func::wrap(&mut *store, || {}),
        }
    }

    #[test]
    fn shims_are_not_kept_for_ever_and_live_as_long_as_they_are_used() {
        let engine = Engine::default();
        let mut store = Store::new(&engine, Context::new(Limits::default()));
        let shims = Shims::default();
        let one = |length: usize| vec![(vec![ValType::I32; length], vec![ValType::I32])];
        let cx = &mut store.as_context_mut();
        let guards = unguarded(cx);
        let first = shims.instantiate(cx, 0, guards, one(1)).unwrap();
        let most = KEPT / (MODULE + 1);
        for length in 2..most + 20 {
            let mut store = Store::new(&engine, Context::new(Limits::default()));
            let cx = &mut store.as_context_mut();
            let guards = unguarded(cx);
            shims.instantiate(cx, 0, guards, one(length)).unwrap();
            assert!(shims.compiled().len() <= most);
        }
        assert_eq!(shims.compiled().len(), most);
        assert!(shims.compiled().get(&one(1)).is_none());
        // Forgotten, and as good as before.
        let twice = Func::wrap(&mut store, |a: i32| 2 * a);
        first.set(&mut store.as_context_mut(), 0, twice).unwrap();
        let name = function(0);
        let call = first.instance.get_typed_func::<i32, i32>(&mut store, &name);
        assert_eq!(call.unwrap().call(&mut store, 21).unwrap(), 42);
    }

    #[test]
    fn engines_without_tail_calls_have_shims_too() {
        let mut config = wasmtime::Config::new();
        config.wasm_tail_call(false);
        leads_to_what_was_set_last(&Engine::new(&config).unwrap());
    }
}
