"""One reference case: a `.net` text, a PyTorch module that means the same, and what PyTorch computes for it.

Numbers are drawn in f32 (so that they are exact in the file), computed in f64 and written with 9 significant digits.
"""

import json
import re

import torch
from torch import nn

torch.set_default_dtype(torch.float64)

OFFSET = "offset"


class Net(nn.Module):
    """Named layers and free parameters, whose state's names are netc's parameter paths."""

    def __init__(self, forward, **parts):
        super().__init__()
        for name, part in parts.items():
            if isinstance(part, nn.Module):
                self.add_module(name, part)
            else:
                self.register_parameter(name, nn.Parameter(part))
        self.run = forward

    def forward(self, **inputs):
        return self.run(self, **inputs)


def randn(generator, *shape):
    """Normal numbers that f32 holds exactly."""
    return torch.randn(*shape, generator=generator, dtype=torch.float32).double()


def tensor(value):
    """A tensor as the file holds it."""
    value = value.detach()
    if value.dtype.is_floating_point:
        values = [float(f"{number:.9g}") for number in value.flatten().tolist()]
    else:
        values = [int(number) for number in value.flatten().tolist()]
    return {"shape": list(value.shape), "values": values}


def tensors(named):
    return {name: tensor(value) for name, value in named.items()}


def state(net):
    """Parameters and buffers by path, without PyTorch's own counter."""
    return {path: value.clone() for path, value in net.state_dict().items() if "num_batches_tracked" not in path}


def draw(net, generator):
    """Every floating parameter anew, so that ones and zeros of the defaults hide nothing."""
    with torch.no_grad():
        for path, value in net.named_parameters():
            value.copy_(randn(generator, *value.shape) * (0.5 if value.dim() > 1 else 1.0))
        for path, value in net.named_buffers():
            if "num_batches_tracked" in path:
                continue
            drawn = randn(generator, *value.shape)
            positive = path.endswith(("running_var", "deviation"))
            value.copy_(drawn.abs().float().double() + 0.5 if positive else drawn)


def shape_text(shape):
    return "[" + ", ".join(str(extent) for extent in shape) + "]"


def network(inputs, body, free=None):
    """The text of a network: declared inputs and free parameters, then the given statements."""
    lines = ["network case() {"]
    lines += [f"    input {name}: {kind if isinstance(kind, str) else shape_text(kind)};" for name, kind in inputs.items()]
    lines += [f"    param {name}: {shape_text(shape)} = normal(0, 1);" for name, shape in (free or {}).items()]
    lines += [f"    {statement}" for statement in body]
    return "\n".join(lines + ["}"])


def recipe(targets, loss, optimizer="sgd(rate = 0.1)", batch=2, more=()):
    """The text of a recipe without data; `more` are further settings."""
    lines = ["train case {"]
    lines += [f"    target {name}: {kind if isinstance(kind, str) else shape_text(kind)};" for name, kind in targets.items()]
    lines += [f"    loss = {loss};", f"    optimizer = {optimizer};", f"    batch = {batch};", "    epochs = 1;", "    seed = 1;"]
    lines += [f"    {setting};" for setting in more]
    return "\n".join(lines + ["}"])


def forward(net, inputs):
    result = net(**inputs)
    return result if isinstance(result, dict) else {"y": result}


def solve(name, text, net, inputs, targets, loss, *, optimizer=None, steps=0, batch=2, predict_only=False):
    """Runs PyTorch and gives the case.

    `outputs` and `evaluate_loss` come from prediction mode with `params`; `loss`, `gradients` (parameters by path,
    inputs by name) and `after_steps` (parameters and buffers after `steps` steps on this one batch) from training mode.
    """
    start = state(net)
    net.eval()
    with torch.no_grad():
        outputs = forward(net, inputs)
        evaluated = loss(outputs, targets, net)
    case = {
        "name": name,
        "net": text,
        "seed": 1,
        "batch": batch,
        "inputs": tensors(inputs),
        "targets": tensors(targets),
        "params": tensors(start),
        "outputs": tensors(outputs),
        "evaluate_loss": tensor(evaluated)["values"][0],
    }
    if predict_only:
        return case
    net.train()
    leaves = {key: value.clone().requires_grad_() if value.dtype.is_floating_point else value for key, value in inputs.items()}
    value = loss(forward(net, leaves), targets, net)
    value.backward()
    case["loss"] = tensor(value)["values"][0]
    gradients = {path: part.grad for path, part in net.named_parameters() if part.requires_grad}
    gradients |= {key: leaf.grad for key, leaf in leaves.items() if leaf.dtype.is_floating_point and leaf.grad is not None}
    case["gradients"] = tensors(gradients)
    if steps:
        net.load_state_dict(start, strict=False)
        rule = optimizer(net.parameters()) if optimizer else torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(steps):
            rule.zero_grad()
            loss(forward(net, inputs), targets, net).backward()
            rule.step()
        case["steps"] = steps
        case["after_steps"] = tensors(state(net))
    return case


def operator(name, seed, inputs, statement, forward_fn, *, layers=None, batch=2, let=(), steps=0, predict_only=False):
    """A case for one operator: `y` from the inputs, loss = sum(y · upstream), so that `upstream` is y's gradient.

    An operator without parameters gets one: `offset` is added to the first input, so that a gradient passes through.
    Write `X` in the statement for that first input.
    """
    generator = torch.Generator().manual_seed(seed)
    values = {key: randn(generator, batch, *shape) for key, shape in inputs.items()}
    first = next(iter(inputs))
    free, parts = {}, dict(layers or {})
    if not parts:
        free = {OFFSET: inputs[first]}
        parts = {OFFSET: torch.zeros(*inputs[first])}

    def run(net, **tensors_in):
        if free:
            tensors_in[first] = tensors_in[first] + net.offset
        return forward_fn(net, **tensors_in)

    net = Net(run, **parts)
    draw(net, generator)
    net.eval()
    result = forward(net, values)
    targets = {f"upstream_{key}" if len(result) > 1 else "upstream": randn(generator, *value.shape) for key, value in result.items()}

    def loss(outputs, wanted, _):
        return sum((value * target).sum() for value, target in zip(outputs.values(), wanted.values()))

    body = [re.sub(r"\bX\b", f"({first} + offset)" if free else first, line) for line in (*let, statement)]
    text = network(inputs, body, free) + "\n\n" + recipe(
        {key: value.shape[1:] for key, value in targets.items()},
        " + ".join(f"sum({key} * {target})" for key, target in zip(result, targets)),
        batch=batch,
    )
    return solve(name, text, net, values, targets, loss, batch=batch, steps=steps, predict_only=predict_only)


def write(folder, name, cases):
    """One file: one case a line, so that a change shows which case changed."""
    lines = ",\n".join(json.dumps(case, separators=(",", ":"), ensure_ascii=False) for case in cases)
    path = folder / f"{name}.json"
    path.write_text(f'{{"name":{json.dumps(name)},"cases":[\n{lines}\n]}}\n')
    return path.stat().st_size
