//! The generated kernels of a program as machine code, in memory that is writable or executable and never both.

use crate::kernel::{self, Role};
use cranelift_codegen::ir::UserFuncName;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module, ModuleError, default_libcall_names};
use netc_compiler::program::{KernelId, Program, Step};
use std::fmt;

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
    /// Compiles every generated kernel for the processor that runs this.
    pub fn compile(program: &Program) -> Result<Code, CompileError> {
        let isa = native()?;
        let mut module = JITModule::new(JITBuilder::with_isa(isa, default_libcall_names()));
        let roles = roles(program);
        let mut context = module.make_context();
        let mut frontend = FunctionBuilderContext::new();
        let mut ids: Vec<FuncId> = Vec::with_capacity(program.kernels.len());
        for (index, (kernel, &role)) in program.kernels.iter().zip(&roles).enumerate() {
            context.func.signature = kernel::signature(role, module.isa());
            context.func.name = UserFuncName::user(0, index as u32);
            let id = module.declare_anonymous_function(&context.func.signature)?;
            kernel::translate(kernel, role, module.isa(), &mut context.func, &mut frontend);
            module.define_function(id, &mut context)?;
            module.clear_context(&mut context);
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

/// A text form of the code before register allocation: `netc emit --stage clif`.
pub fn clif(program: &Program) -> Result<String, CompileError> {
    let isa = native()?;
    let mut frontend = FunctionBuilderContext::new();
    let mut text = String::new();
    for (index, (kernel, role)) in program.kernels.iter().zip(roles(program)).enumerate() {
        let mut context = Context::new();
        context.func.signature = kernel::signature(role, &*isa);
        context.func.name = UserFuncName::user(0, index as u32);
        kernel::translate(kernel, role, &*isa, &mut context.func, &mut frontend);
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
