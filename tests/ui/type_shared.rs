use karmem::Karmem;

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

#[derive(Karmem)]
#[karmem(table)]
struct Cache {
    shared: Rc<String>,
    counted: Arc<u32>,
    state: RefCell<u32>,
    text: Cow<'static, str>,
}

fn main() {}
