//! The generated kernels of a program as machine code, in memory that is writable or executable and never both.

use crate::kernel::{self, Role, wide};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::UserFuncName;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Linkage, Module, ModuleError, ModuleReloc, default_libcall_names};
use netc_compiler::program::{KernelId, LoopKernel, Program, Step};
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

/// Machine code of all generated kernels of one program; freed when dropped.
pub struct Code {
    module: Option<JITModule>,
    functions: Vec<*const u8>,
    roles: Vec<Role>,
}

// SAFETY: after `compile` the module is never touched again but to be freed by the owner, and the code behind the
// function pointers is immutable.
unsafe impl Send for Code {}
// SAFETY: as above; shared references only read addresses.
unsafe impl Sync for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("functions", &self.functions.len()).finish()
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
    /// Compiles every generated kernel for the processor that runs this; transcendental functions run in the vectors
    /// of `vectors` where these are wider than the generated ones.
    pub fn compile(program: &Program, vectors: Isa) -> Result<Code, CompileError> {
        let isa = native()?;
        let wide = LaneFunctions::of(vectors.or_available());
        let roles = roles(program);
        let compiled = compile_all(program, &roles, &*isa, wide.is_some())?;
        let signature = wide::signature(&*isa);
        let mut builder = JITBuilder::with_isa(isa, default_libcall_names());
        for (name, op) in wide::FUNCTIONS {
            if let Some(function) = wide.and_then(|functions| wide::function(functions, op)) {
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
        let functions = ids.into_iter().map(|id| module.get_finalized_function(id)).collect();
        Ok(Code { module: Some(module), functions, roles })
    }

    /// The address of a kernel's function, if it has that role.
    pub(crate) fn address(&self, kernel: KernelId, role: Role) -> Option<*const u8> {
        let index = kernel.0 as usize;
        (self.roles.get(index) == Some(&role)).then(|| self.functions[index])
    }
}

/// The code of all kernels in their order, made by as many threads as there are processors.
fn compile_all(
    program: &Program,
    roles: &[Role],
    isa: &dyn TargetIsa,
    calls: bool,
) -> Result<Vec<Context>, CompileError> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Context)>, CompileError> {
        let mut frontend = FunctionBuilderContext::new();
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(kernel) = program.kernels.get(index) else { return Ok(made) };
            let mut context = translated(index, kernel, roles[index], isa, calls, &mut frontend);
            context.compile(isa, &mut ControlPlane::default()).map_err(|error| error.inner)?;
            made.push((index, context));
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(program.kernels.len() / KERNELS_OF_A_THREAD);
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

/// A kernel in Cranelift's form; whether it `calls` the runtime's wide functions.
fn translated(
    index: usize,
    kernel: &LoopKernel,
    role: Role,
    isa: &dyn TargetIsa,
    calls: bool,
    frontend: &mut FunctionBuilderContext,
) -> Context {
    let mut context = Context::new();
    context.func.signature = kernel::signature(role, isa);
    context.func.name = UserFuncName::user(0, index as u32);
    let wide = if calls { wide::import(kernel, &mut context.func, isa) } else { wide::Wide::default() };
    kernel::translate(kernel, role, wide, isa, &mut context.func, frontend);
    context
}

/// A text form of the code before register allocation, as for a processor whose vectors have four lanes:
/// `netc emit --stage clif`.
pub fn clif(program: &Program) -> Result<String, CompileError> {
    let isa = native()?;
    let mut frontend = FunctionBuilderContext::new();
    let mut text = String::new();
    for (index, (kernel, role)) in program.kernels.iter().zip(roles(program)).enumerate() {
        let context = translated(index, kernel, role, &*isa, false, &mut frontend);
        text.push_str(&format!("; {}\n{}\n", kernel.name, context.func.display()));
    }
    Ok(text)
}

fn native() -> Result<OwnedTargetIsa, CompileError> {
    let mut flags = settings::builder();
    flags.set("opt_level", "speed").map_err(|error| CompileError(error.to_string()))?;
    flags
        .set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" })
        .map_err(|error| CompileError(error.to_string()))?;
    let builder = cranelift_native::builder().map_err(|error| CompileError(error.to_string()))?;
    Ok(builder.finish(settings::Flags::new(flags))?)
}

/// A kernel is an epilogue if a call of the schedule names it as one.
fn roles(program: &Program) -> Vec<Role> {
    let mut roles = vec![Role::Step; program.kernels.len()];
    for step in program.entries.iter().flat_map(|entry| &entry.steps) {
        if let Step::Call { epilogue: Some((kernel, _)), .. } = step {
            roles[kernel.0 as usize] = Role::Epilogue;
        }
    }
    roles
}
