//! Writes the files of `seeds/` again: `cargo run --bin seeds`, after a change of the types.

use std::io::Result;
use std::path::Path;

fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    std::fs::create_dir_all(&folder)?;
    for (name, input) in karmem_fuzz::seeds() {
        std::fs::write(folder.join(name), input)?;
    }
    Ok(())
}
