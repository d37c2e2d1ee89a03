//! The generated kernels of a program as machine code, in memory that is writable or executable and never both.

use crate::kernel::{self, Role, wide};
use crate::source::{Source, sources};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::UserFuncName;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Linkage, Module, ModuleError, ModuleReloc, default_libcall_names};
use netc_compiler::program::{KernelId, Program};
use netc_runtime::{Isa, LaneFunctions};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Kernels that are worth a thread of their own: each takes some tenths of a millisecond, as does the thread.
const KERNELS_OF_A_THREAD: usize = 4;

/// Why no code could be made: always an error in netc or an unsupported processor, never in a model.
#[derive(Debug)]
pub struct CompileError(String);

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no machine code: {}", self.0)
    }
}

impl std::error::Error for CompileError {}

impl From<ModuleError> for CompileError {
    fn from(error: ModuleError) -> CompileError {
        CompileError(error.to_string())
    }
}

impl From<CodegenError> for CompileError {
    fn from(error: CodegenError) -> CompileError {
        CompileError(error.to_string())
    }
}

impl CompileError {
    /// The schedule names a kernel in a role that it was not compiled for.
    pub(crate) fn missing(kernel: KernelId) -> CompileError {
        CompileError(format!("kernel {} has no function of the wanted kind", kernel.0))
    }

    /// The runtime refuses a plan.
    pub(crate) fn plan(error: &netc_plan::PlanError) -> CompileError {
        CompileError(format!("refused kernel plan: {error:?}"))
    }
}

/// Machine code of one program; freed when dropped.
pub struct Code {
    module: Option<JITModule>,
    /// Per kernel its role and function, unless all that uses it has it in place.
    kernels: Vec<Option<(Role, *const u8)>>,
    /// Per entry the function that holds all of its steps, if there is one.
    entries: Vec<Option<*const u8>>,
}

// SAFETY: after `compile` the module is never touched again but to be freed by the owner, and the code behind the
// function pointers is immutable.
unsafe impl Send for Code {}
// SAFETY: as above; shared references only read addresses.
unsafe impl Sync for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("kernels", &self.kernels.len()).finish()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: function pointers leave this type only as raw addresses that its owner, `Executable`, drops
            // with it; no call is under way, because a call borrows the owner.
            unsafe { module.free_memory() };
        }
    }
}

impl Code {
    /// Compiles for the processor that runs this; transcendental functions run in the vectors of `vectors` where these
    /// are wider than the generated ones. Small entries become one function each if `straight`.
    pub fn compile(program: &Program, vectors: Isa, straight: bool) -> Result<Code, CompileError> {
        let targets = Targets { kernels: native("speed")?, entries: native("none")? };
        let wide = LaneFunctions::of(vectors.or_available());
        let sources = sources(program, straight && fuses());
        let compiled = compile_all(&sources, &targets, wide.is_some())?;
        let signature = wide::signature(&*targets.kernels);
        let mut builder = JITBuilder::with_isa(targets.kernels, default_libcall_names());
        for (name, called) in wide::FUNCTIONS {
            if let Some(function) = wide.and_then(|functions| wide::function(functions, called)) {
                builder.symbol(name, function as *const u8);
            }
        }
        let mut module = JITModule::new(builder);
        if wide.is_some() {
            for (index, (name, _)) in wide::FUNCTIONS.into_iter().enumerate() {
                let id = module.declare_function(name, Linkage::Import, &signature)?;
                assert_eq!(id.as_u32(), index as u32, "kernels name these functions by their position");
            }
        }
        let mut ids = Vec::with_capacity(compiled.len());
        for context in &compiled {
            let id = module.declare_anonymous_function(&context.func.signature)?;
            let code = context.compiled_code().ok_or_else(|| CompileError("a function was not compiled".into()))?;
            let reloc = |reloc| ModuleReloc::from_mach_reloc(reloc, &context.func, id);
            let relocs: Vec<ModuleReloc> = code.buffer.relocs().iter().map(reloc).collect();
            module.define_function_bytes(id, u64::from(code.buffer.alignment), code.code_buffer(), &relocs)?;
            ids.push(id);
        }
        module.finalize_definitions()?;
        let mut code = Code {
            module: None,
            kernels: vec![None; program.kernels.len()],
            entries: vec![None; program.entries.len()],
        };
        for (source, id) in sources.iter().zip(ids) {
            let function = module.get_finalized_function(id);
            match source {
                Source::Kernel(kernel, _, role) => code.kernels[kernel.0 as usize] = Some((*role, function)),
                Source::Entry(entry, _) => code.entries[*entry] = Some(function),
            }
        }
        code.module = Some(module);
        Ok(code)
    }

    /// The address of a kernel's function, if it has that role.
    pub(crate) fn address(&self, kernel: KernelId, role: Role) -> Option<*const u8> {
        let (known, function) = (*self.kernels.get(kernel.0 as usize)?)?;
        (known == role).then_some(function)
    }

    /// The function of all steps of an entry, if it has one; its signature is that of a step.
    pub(crate) fn entry(&self, entry: usize) -> Option<*const u8> {
        *self.entries.get(entry)?
    }
}

/// The processor, as Cranelift compiles for it.
struct Targets {
    kernels: OwnedTargetIsa,
    /// Without optimisation: it would gather the loads of a whole block before its first sum, and spill them. What can
    /// be known is known when an entry is emitted.
    entries: OwnedTargetIsa,
}

/// The code of all sources in their order, made by as many threads as there are processors.
fn compile_all(sources: &[Source<'_>], targets: &Targets, calls: bool) -> Result<Vec<Context>, CompileError> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Context)>, CompileError> {
        let mut frontend = FunctionBuilderContext::new();
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = sources.get(index) else { return Ok(made) };
            let isa = match source {
                Source::Kernel(..) => &*targets.kernels,
                Source::Entry(..) => &*targets.entries,
            };
            let mut context = translated(index, source, isa, calls, &mut frontend);
            context.compile(isa, &mut ControlPlane::default()).map_err(|error| error.inner)?;
            made.push((index, context));
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(sources.len() / KERNELS_OF_A_THREAD);
    let mut made = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut made = work()?;
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok::<_, CompileError>(made)
    })?;
    made.sort_unstable_by_key(|(index, _)| *index);
    Ok(made.into_iter().map(|(_, context)| context).collect())
}

/// A source in Cranelift's form; whether it `calls` the runtime's wide functions.
fn translated(
    index: usize,
    source: &Source<'_>,
    isa: &dyn TargetIsa,
    calls: bool,
    frontend: &mut FunctionBuilderContext,
) -> Context {
    let mut context = Context::new();
    let function = &mut context.func;
    function.name = UserFuncName::user(0, index as u32);
    match source {
        Source::Kernel(_, kernel, role) => {
            function.signature = kernel::signature(*role, isa);
            let wide = if calls { wide::import([*kernel], function, isa) } else { wide::Wide::default() };
            kernel::translate(kernel, *role, wide, isa, function, frontend);
        }
        Source::Entry(_, parts) => kernel::straight(parts, calls, isa, function, frontend),
    }
    context
}

/// A text form of the code before register allocation, as for a processor whose vectors have four lanes and that fuses
/// multiplication and addition: `netc emit --stage clif`.
pub fn clif(program: &Program) -> Result<String, CompileError> {
    let isa = native("speed")?;
    let mut frontend = FunctionBuilderContext::new();
    let mut text = String::new();
    for (index, source) in sources(program, true).iter().enumerate() {
        let context = translated(index, source, &*isa, false, &mut frontend);
        let name = match source {
            Source::Kernel(_, kernel, _) => kernel.name.clone(),
            Source::Entry(entry, _) => format!("all steps of {}", program.entries[*entry].name),
        };
        text.push_str(&format!("; {name}\n{}\n", context.func.display()));
    }
    Ok(text)
}

/// Whether the processor has fused multiply-adds: without, each would be a call.
fn fuses() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return cfg!(target_arch = "aarch64");
}

fn native(optimisation: &str) -> Result<OwnedTargetIsa, CompileError> {
    let mut flags = settings::builder();
    flags.set("opt_level", optimisation).map_err(|error| CompileError(error.to_string()))?;
    flags
        .set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" })
        .map_err(|error| CompileError(error.to_string()))?;
    let builder = cranelift_native::builder().map_err(|error| CompileError(error.to_string()))?;
    Ok(builder.finish(settings::Flags::new(flags))?)
}
