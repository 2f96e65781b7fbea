//! WASI for guests whose toolchain always imports it: denied, unless the host gives it.

use wasmtime::{AsContextMut, Func, FuncType, StoreContextMut, Val, ValType};

use crate::context::Context;

/// The module names that WASI's functions are imported from.
pub(super) const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// `ENOTCAPABLE`, "capabilities insufficient": <https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#errno>.
const NOT_CAPABLE: i32 = 76;
const SUCCESS: i32 = 0;

/// A function in the place of one of WASI's. It grants nothing: there are no arguments and no
/// variables, and what asks for more gets `ENOTCAPABLE`. Exiting is an error of the call.
pub(super) fn denied(store: &mut StoreContextMut<'_, Context>, name: &str, ty: &FuncType) -> Func {
    let name: Box<str> = name.into();
    let ty = ty.clone();
    let results: Vec<ValType> = ty.results().collect();
    Func::new(
        store.as_context_mut(),
        ty,
        move |mut caller, params, out| {
            let errno = match &*name {
                "proc_exit" => {
                    let code = params.first().and_then(Val::i32).unwrap_or_default();
                    return Err(wasmtime::Error::new(Exited { code }));
                }
                // Both numbers are zero, and then nothing is asked for.
                "args_sizes_get" | "environ_sizes_get" => {
                    let memory = caller.get_export("memory").and_then(|e| e.into_memory());
                    let written = memory.is_some_and(|memory| {
                        params.iter().all(|at| {
                            let at = at.i32().unwrap_or(-1).cast_unsigned() as usize;
                            memory.write(&mut caller, at, &[0; 4]).is_ok()
                        })
                    });
                    if written { SUCCESS } else { NOT_CAPABLE }
                }
                "args_get" | "environ_get" | "sched_yield" => SUCCESS,
                _ => NOT_CAPABLE,
            };
            for (slot, ty) in out.iter_mut().zip(&results) {
                *slot = match ty {
                    ValType::I64 => Val::I64(0),
                    ValType::F32 => Val::F32(0),
                    ValType::F64 => Val::F64(0),
                    _ => Val::I32(errno),
                };
            }
            Ok(())
        },
    )
}

/// A guest that ended itself.
#[derive(Debug, thiserror::Error)]
#[error("the guest called proc_exit({code})")]
struct Exited {
    code: i32,
}
