"""One peer on one workload: `peer.py PEER WORKLOAD THREADS FOLDER`, WORKLOAD as in `workloads.json`.

Says `ready` with its version, then answers each line `SECONDS` on standard input with `MEDIAN BEST` in milliseconds.
Ends without a word where the peer does not have the workload. Everything is computed in f32.
"""

import json
import logging
import os
import sys
import time
import warnings

PEER, THREADS, FOLDER = sys.argv[1], int(sys.argv[3]), sys.argv[4]
NAME, SHAPE, TARGET = json.loads(sys.argv[2])
os.environ["OMP_NUM_THREADS"] = str(THREADS)
if hasattr(os, "sched_setaffinity") and THREADS < os.cpu_count():
    # JAX takes every core that it may run on.
    os.sched_setaffinity(0, set(list(os.sched_getaffinity(0))[:THREADS]))
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

ONNX = os.path.join(FOLDER, f"{NAME}_{SHAPE[0]}.onnx")


def sample(run, runs):
    start = time.perf_counter()
    for _ in range(runs):
        run()
    return (time.perf_counter() - start) / runs


def measure(run, seconds):
    """Median and best of single calls; of several in a row where one is shorter than 20 µs."""
    runs = 1
    while sample(run, runs) * runs < 20e-6:
        runs *= 2
    start, times = time.perf_counter(), []
    while len(times) < 3 or time.perf_counter() - start < seconds and len(times) < 20000:
        times.append(sample(run, runs))
    times.sort()
    return times[len(times) // 2] * 1e3, times[0] * 1e3


def torch_peer():
    import torch

    import models

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    if PEER == "torch.compile" and TARGET is None:
        import torch._inductor.config

        # Weights are constants: it packs them once.
        torch._inductor.config.freezing = True
    module, x = getattr(models, NAME)(), torch.randn(*SHAPE)
    if PEER == "PyTorch channels-last":
        if x.dim() != 4 or NAME in ("mlp", "tiny"):
            sys.exit(0)
        module, x = module.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    call = torch.compile(module) if PEER == "torch.compile" else module
    if TARGET is None:
        module.eval()

        def run():
            with torch.inference_mode():
                return call(x)

        return run, torch.__version__
    module.train()
    classes, shape = TARGET
    target = torch.randint(0, classes, shape)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9, foreach=True)
    criterion = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(call(x), target)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, torch.__version__


def onnx_runtime():
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # All optimisations and spinning threads are its defaults.
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    session = onnxruntime.InferenceSession(ONNX, options, providers=["CPUExecutionProvider"])
    # Bound once, so that a call copies nothing.
    binding = session.io_binding()
    x = onnxruntime.OrtValue.ortvalue_from_numpy(numpy.random.randn(*SHAPE).astype(numpy.float32))
    binding.bind_ortvalue_input(session.get_inputs()[0].name, x)
    binding.bind_output(session.get_outputs()[0].name, "cpu")
    return lambda: session.run_with_iobinding(binding), onnxruntime.__version__


def openvino():
    import numpy
    import openvino

    # Without the hint it computes in bf16 where the processor can.
    hints = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(ONNX, "CPU", hints)
    request = compiled.create_infer_request()
    request.set_input_tensor(0, openvino.Tensor(numpy.random.randn(*SHAPE).astype(numpy.float32)))
    return lambda: request.infer(), openvino.__version__.split("-")[0]


def jax_peer():
    if NAME not in ("mlp", "cnn"):
        sys.exit(0)
    import jax
    import jax.numpy as jnp

    key = jax.random.PRNGKey(0)

    def dense(sizes):
        return [(jax.random.normal(key, (a, b)) * 0.05, jnp.zeros(b)) for a, b in zip(sizes, sizes[1:])]

    def layers(params, x):
        for index, (weight, bias) in enumerate(params):
            x = x @ weight + bias
            x = jax.nn.relu(x) if index < len(params) - 1 else x
        return x

    def mlp(params, x, _):
        return layers(params, x.reshape(x.shape[0], -1))

    def cnn(params, x, drop):
        for weight, bias in params[:2]:
            x = jax.lax.conv_general_dilated(x, weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            x = jax.nn.relu(x + bias)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = layers(params[2:3], x.reshape(x.shape[0], -1))
        x = jax.nn.relu(x)
        if drop is not None:
            x = jnp.where(jax.random.bernoulli(drop, 0.5, x.shape), 2 * x, 0)
        return layers(params[3:], x)

    if NAME == "mlp":
        forward, params = mlp, dense([784, 512, 512, 10])
        x = jax.random.normal(key, SHAPE)
    else:
        convolutions = [(jax.random.normal(key, (3, 3, 1, 32)) * 0.1, jnp.zeros(32))]
        convolutions += [(jax.random.normal(key, (3, 3, 32, 64)) * 0.05, jnp.zeros(64))]
        forward, params = cnn, convolutions + dense([3136, 128, 10])
        x = jax.random.normal(key, (SHAPE[0], 28, 28, 1))
    if TARGET is None:
        predict = jax.jit(lambda params, x: forward(params, x, None))
        return lambda: predict(params, x).block_until_ready(), jax.__version__
    label = jnp.arange(SHAPE[0]) % TARGET[0]

    def loss(params, drop):
        logits = jax.nn.log_softmax(forward(params, x, drop))
        return -jnp.mean(jnp.take_along_axis(logits, label[:, None], 1))

    @jax.jit
    def step(params, velocity, drop):
        value, gradient = jax.value_and_grad(loss)(params, drop)
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, gradient)
        drop, _ = jax.random.split(drop)
        return jax.tree.map(lambda p, v: p - 0.01 * v, params, velocity), velocity, drop, value

    state = [params, jax.tree.map(jnp.zeros_like, params), key]

    def run():
        *state[:], value = step(*state)
        value.block_until_ready()

    return run, jax.__version__


MAKERS = {
    "PyTorch": torch_peer,
    "PyTorch channels-last": torch_peer,
    "torch.compile": torch_peer,
    "ONNX Runtime": onnx_runtime,
    "OpenVINO": openvino,
    "JAX": jax_peer,
}


def main():
    if TARGET is not None and PEER in ("ONNX Runtime", "OpenVINO"):
        sys.exit(0)
    run, version = MAKERS[PEER]()
    for _ in range(3):
        run()
    print("ready", version, flush=True)
    for line in sys.stdin:
        print(*measure(run, float(line)), flush=True)


main()
