"""Reference cases of every operator: the netc statement beside PyTorch's call."""

import torch
from torch import nn
from torch.nn import functional as F

from case import Net, draw, network, operator, randn, recipe, solve


def dense():
    return [
        operator("vector", 1, {"x": [5]}, "output y = x -> unit: dense(3);", lambda n, x: n.unit(x), layers={"unit": nn.Linear(5, 3)}, steps=1),
        operator("no bias", 2, {"x": [4]}, "output y = x -> unit: dense(6, bias = false);", lambda n, x: n.unit(x), layers={"unit": nn.Linear(4, 6, bias=False)}),
        operator("one unit", 3, {"x": [7]}, "output y = x -> unit: dense(1);", lambda n, x: n.unit(x), layers={"unit": nn.Linear(7, 1)}, batch=5),
        operator("on the last axis", 4, {"x": [3, 4]}, "output y = x -> unit: dense(2);", lambda n, x: n.unit(x), layers={"unit": nn.Linear(4, 2)}),
        operator("two in a row", 5, {"x": [4]}, "output y = x -> first: dense(6) -> tanh -> second: dense(2);",
                 lambda n, x: n.second(torch.tanh(n.first(x))), layers={"first": nn.Linear(4, 6), "second": nn.Linear(6, 2)}, batch=3),
    ]


def conv2d():
    table = [
        ("plain", [2, 5, 6], "3, kernel = 3", [0, 0, 0, 0], (2, 3, 3), {}),
        ("same", [2, 5, 4], "3, kernel = 3, pad = same", [1, 1, 1, 1], (2, 3, 3), {}),
        ("same, even kernel: the odd pixel at the end", [1, 4, 5], "2, kernel = [2, 4], pad = same", [0, 1, 1, 2], (1, 2, (2, 4)), {}),
        ("stride 2, pad 1", [3, 7, 6], "2, kernel = 3, stride = 2, pad = 1", [1, 1, 1, 1], (3, 2, 3), {"stride": 2}),
        ("asymmetric padding", [2, 6, 5], "2, kernel = 3, stride = 2, pad = [1, 0, 2, 1]", [1, 0, 2, 1], (2, 2, 3), {"stride": 2}),
        ("padding per axis", [2, 4, 5], "2, kernel = [1, 3], pad = [0, 1], stride = [1, 2]", [0, 0, 1, 1], (2, 2, (1, 3)), {"stride": (1, 2)}),
        ("same_tf with stride", [2, 5, 6], "2, kernel = 3, stride = 2, pad = same_tf", [1, 1, 0, 1], (2, 2, 3), {"stride": 2}),
        ("dilation", [2, 8, 7], "2, kernel = 3, dilation = 2, pad = 1", [1, 1, 1, 1], (2, 2, 3), {"dilation": 2}),
        ("dilation per axis with stride", [1, 9, 8], "2, kernel = [3, 2], dilation = [2, 3], stride = 2", [0, 0, 0, 0], (1, 2, (3, 2)), {"dilation": (2, 3), "stride": 2}),
        ("groups", [4, 5, 5], "6, kernel = 3, groups = 2, pad = 1", [1, 1, 1, 1], (4, 6, 3), {"groups": 2}),
        ("depthwise, stride 2", [4, 6, 6], "4, kernel = 3, groups = 4, stride = 2, pad = 1, bias = false", [1, 1, 1, 1], (4, 4, 3), {"groups": 4, "stride": 2, "bias": False}),
        ("depthwise with a multiplier", [3, 4, 4], "6, kernel = 2, groups = 3", [0, 0, 0, 0], (3, 6, 2), {"groups": 3}),
        ("1×1", [5, 3, 4], "4, kernel = 1", [0, 0, 0, 0], (5, 4, 1), {}),
        ("1×1, stride 2", [3, 5, 5], "4, kernel = 1, stride = 2, bias = false", [0, 0, 0, 0], (3, 4, 1), {"stride": 2, "bias": False}),
        ("kernel of the whole map", [2, 4, 4], "3, kernel = 4", [0, 0, 0, 0], (2, 3, 4), {}),
        ("stride larger than the kernel", [2, 7, 7], "2, kernel = 2, stride = 3", [0, 0, 0, 0], (2, 2, 2), {"stride": 3}),
        ("all at once", [4, 9, 8], "4, kernel = [3, 2], stride = [2, 1], pad = [2, 1, 0, 1], dilation = [1, 2], groups = 2", [2, 1, 0, 1], (4, 4, (3, 2)), {"stride": (2, 1), "dilation": (1, 2), "groups": 2}),
    ]
    cases = []
    for seed, (name, shape, arguments, sides, positional, named) in enumerate(table, 10):
        top, bottom, left, right = sides
        border = (left, right, top, bottom)
        cases.append(operator(name, seed, {"x": shape}, f"output y = x -> unit: conv2d({arguments});",
                              lambda n, x, border=border: n.unit(F.pad(x, border)), layers={"unit": nn.Conv2d(*positional, **named)}, steps=1 if seed == 10 else 0))
    cases.append(operator("after another", 40, {"x": [2, 6, 6]}, "output y = x -> first: conv2d(3, kernel = 3, pad = 1) -> relu -> second: conv2d(2, kernel = 3, stride = 2);",
                          lambda n, x: n.second(F.relu(n.first(x))), layers={"first": nn.Conv2d(2, 3, 3, padding=1), "second": nn.Conv2d(3, 2, 3, stride=2)}))
    cases.append(operator("read twice, once by taps that leave pixels out", 41, {"x": [2, 5, 9]}, "let h = x -> first: conv2d(2, kernel = 1); let z = h -> second: conv2d(2, kernel = [1, 3], stride = [1, 2], dilation = [1, 2]) -> flatten; output y = concat(h -> flatten, z);",
                          lambda n, x: torch.cat([n.first(x).flatten(1), n.second(n.first(x)).flatten(1)], 1), layers={"first": nn.Conv2d(2, 2, 1), "second": nn.Conv2d(2, 2, (1, 3), stride=(1, 2), dilation=(1, 2))}))
    cases.append(operator("depthwise, more channels than a vector has lanes", 42, {"x": [37, 6, 5]}, "output y = x -> unit: conv2d(37, kernel = 3, pad = 1, groups = 37);",
                          lambda n, x: n.unit(x), layers={"unit": nn.Conv2d(37, 37, 3, padding=1, groups=37)}))
    return cases


def conv_transpose2d():
    table = [
        ("doubles the size", [3, 3, 4], "2, kernel = 2, stride = 2", (3, 2, 2), {"stride": 2}),
        ("stride 1", [2, 3, 3], "3, kernel = 3", (2, 3, 3), {}),
        ("pad", [2, 4, 3], "2, kernel = 3, stride = 2, pad = 1", (2, 2, 3), {"stride": 2, "padding": 1}),
        ("output_pad", [2, 3, 3], "2, kernel = 3, stride = 2, pad = 1, output_pad = 1", (2, 2, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
        ("dilation", [2, 3, 4], "2, kernel = 2, dilation = 2", (2, 2, 2), {"dilation": 2}),
        ("groups", [4, 3, 3], "6, kernel = 2, stride = 2, groups = 2, bias = false", (4, 6, 2), {"stride": 2, "groups": 2, "bias": False}),
        ("per axis", [1, 3, 4], "2, kernel = [3, 2], stride = [1, 3], pad = [1, 0]", (1, 2, (3, 2)), {"stride": (1, 3), "padding": (1, 0)}),
        ("pixels without a tap", [2, 3, 2], "3, kernel = 2, stride = 2, dilation = 2", (2, 3, 2), {"stride": 2, "dilation": 2}),
        ("stride and dilation with a divisor in common", [2, 3, 2], "2, kernel = 5, stride = 4, dilation = 2", (2, 2, 5), {"stride": 4, "dilation": 2}),
        ("depthwise", [5, 4, 3], "5, kernel = 3, stride = 2, pad = 1, groups = 5", (5, 5, 3), {"stride": 2, "padding": 1, "groups": 5}),
    ]
    return [operator(name, seed, {"x": shape}, f"output y = x -> unit: conv_transpose2d({arguments});", lambda n, x: n.unit(x),
                     layers={"unit": nn.ConvTranspose2d(*positional, **named)}) for seed, (name, shape, arguments, positional, named) in enumerate(table, 50)]


def simple(seed, shape, table, batch=2):
    """Cases of operators without parameters: (name, netc's stage, PyTorch's function[, another shape])."""
    return [operator(name, seed + turn, {"x": other[0] if other else shape}, f"output y = X -> {stage};", lambda n, x, run=run: run(x), batch=batch)
            for turn, (name, stage, run, *other) in enumerate(table)]


def max_pool():
    return simple(70, [2, 6, 6], [
        ("2×2", "max_pool(2)", lambda x: F.max_pool2d(x, 2)),
        ("3×3, stride 2, pad 1", "max_pool(3, stride = 2, pad = 1)", lambda x: F.max_pool2d(x, 3, 2, 1), [2, 7, 6]),
        ("asymmetric padding", "max_pool(3, stride = 2, pad = [0, 1, 0, 1])", lambda x: F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-torch.inf), 3, 2)),
        ("overlapping", "max_pool(3, stride = 1)", lambda x: F.max_pool2d(x, 3, 1), [1, 5, 5]),
        ("kernel 1, stride 2", "max_pool(1, stride = 2)", lambda x: F.max_pool2d(x, 1, 2)),
        ("per axis", "max_pool([1, 3], stride = [1, 2])", lambda x: F.max_pool2d(x, (1, 3), (1, 2)), [2, 3, 7]),
        ("the rest is dropped", "max_pool(2)", lambda x: F.max_pool2d(x, 2), [1, 5, 7]),
        ("ceil", "max_pool(2, ceil = true)", lambda x: F.max_pool2d(x, 2, ceil_mode=True), [1, 5, 7]),
    ])


def avg_pool():
    return simple(80, [2, 6, 6], [
        ("2×2", "avg_pool(2)", lambda x: F.avg_pool2d(x, 2)),
        ("pad counted", "avg_pool(3, stride = 2, pad = 1)", lambda x: F.avg_pool2d(x, 3, 2, 1)),
        ("pad not counted", "avg_pool(3, stride = 2, pad = 1, count_pad = false)", lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)),
        ("overlapping", "avg_pool(3, stride = 1)", lambda x: F.avg_pool2d(x, 3, 1), [1, 5, 5]),
        ("per axis", "avg_pool([2, 3], stride = [1, 2])", lambda x: F.avg_pool2d(x, (2, 3), (1, 2)), [1, 4, 7]),
        ("ceil", "avg_pool(2, ceil = true)", lambda x: F.avg_pool2d(x, 2, ceil_mode=True), [1, 5, 5]),
    ])


def global_avg_pool():
    return simple(90, [3, 4, 5], [
        ("maps", "global_avg_pool", lambda x: x.mean((2, 3), keepdim=True)),
        ("then flat", "global_avg_pool -> flatten", lambda x: x.mean((2, 3)), [2, 7, 7]),
    ])


def upsample():
    return simple(95, [2, 3, 4], [
        ("nearest, twice", "upsample(2, mode = nearest)", lambda x: F.interpolate(x, scale_factor=2, mode="nearest")),
        ("nearest, thrice", "upsample(3, mode = nearest)", lambda x: F.interpolate(x, scale_factor=3, mode="nearest"), [1, 2, 2]),
        ("nearest, per axis", "upsample([1, 2], mode = nearest)", lambda x: F.interpolate(x, scale_factor=(1, 2), mode="nearest")),
    ])


def reshaping():
    return simple(100, [2, 3, 4], [
        ("flatten", "flatten", lambda x: x.flatten(1)),
        ("reshape", "reshape([4, 6])", lambda x: x.reshape(-1, 4, 6)),
        ("reshape with an inferred extent", "reshape([-1, 2])", lambda x: x.reshape(-1, 12, 2)),
        ("slice of channels", "slice(axis = channel, start = 1, end = 3)", lambda x: x[:, 1:3], [4, 2, 3]),
        ("slice to the end", "slice(axis = 1, start = 2)", lambda x: x[:, :, 2:], [2, 5, 2]),
        ("slice from the end", "slice(axis = width, start = -2)", lambda x: x[..., -2:]),
        ("slice with a step", "slice(axis = width, start = 1, step = 2)", lambda x: x[..., 1::2], [1, 2, 7]),
        ("pad four sides", "pad([1, 1, 2, 2], value = 0)", lambda x: F.pad(x, (2, 2, 1, 1))),
        ("pad with a value", "pad([0, 1, 2, 0], value = 1.5)", lambda x: F.pad(x, (2, 0, 0, 1), value=1.5)),
        ("pad channels", "pad([0, 3], axis = channel)", lambda x: F.pad(x, (0, 0, 0, 0, 0, 3))),
        ("identity", "identity", lambda x: x),
    ])


def split():
    return [
        operator("three equal parts", 110, {"x": [6]}, "output y = a * b + 2 * c;", lambda n, x: (lambda p: p[0] * p[1] + 2 * p[2])(x.chunk(3, 1)), let=("let (a, b, c) = X -> split(3, axis = -1);",)),
        operator("given sizes", 111, {"x": [5, 2, 3]}, "output y = concat(b, a, axis = channel);", lambda n, x: torch.cat([x[:, 2:], x[:, :2]], 1), let=("let (a, b) = X -> split([2, 3], axis = channel);",)),
        operator("columns", 112, {"x": [2, 3, 4]}, "output y = a - b;", lambda n, x: x[..., :2] - x[..., 2:], let=("let (a, b) = X -> split(2, axis = width);",)),
    ]


def concat():
    maps = {"a": [2, 3, 4], "b": [3, 3, 4]}
    return [
        operator("channels", 120, maps, "output y = concat(X, b, axis = channel);", lambda n, a, b: torch.cat([a, b], 1)),
        operator("rows", 121, {"a": [2, 3, 4], "b": [2, 1, 4]}, "output y = concat(X, b, axis = height);", lambda n, a, b: torch.cat([a, b], 2)),
        operator("three, one twice", 122, {"a": [2, 2], "b": [2, 3]}, "output y = concat(X, b, X, axis = -1);", lambda n, a, b: torch.cat([a, b, a], 2)),
        operator("then a convolution", 123, maps, "output y = concat(a, b, axis = channel) -> unit: conv2d(2, kernel = 3, pad = 1);", lambda n, a, b: n.unit(torch.cat([a, b], 1)), layers={"unit": nn.Conv2d(5, 2, 3, padding=1)}),
    ]


def activations():
    return simple(130, [11], [
        ("relu", "relu", F.relu),
        ("leaky_relu", "leaky_relu", F.leaky_relu),
        ("leaky_relu with a slope", "leaky_relu(0.2)", lambda x: F.leaky_relu(x, 0.2)),
        ("sigmoid", "sigmoid", torch.sigmoid),
        ("tanh", "tanh", torch.tanh),
        ("gelu", "gelu", F.gelu),
    ], batch=3) + [
        operator("sigmoid of large values", 137, {"x": [11]}, "output y = sigmoid(20 * X);", lambda n, x: torch.sigmoid(20 * x)),
        operator("tanh of large values", 138, {"x": [11]}, "output y = tanh(10 * X);", lambda n, x: torch.tanh(10 * x)),
        operator("gelu of large values", 139, {"x": [11]}, "output y = gelu(4 * X);", lambda n, x: F.gelu(4 * x)),
    ]


def softmaxes():
    return simple(150, [7], [
        ("softmax of a vector", "softmax(axis = channel)", lambda x: x.softmax(1)),
        ("softmax over channels of a map", "softmax(axis = channel)", lambda x: x.softmax(1), [4, 2, 3]),
        ("softmax over the last axis", "softmax(axis = -1)", lambda x: x.softmax(-1), [3, 5]),
        ("log_softmax of a vector", "log_softmax(axis = channel)", lambda x: x.log_softmax(1)),
        ("log_softmax over channels of a map", "log_softmax(axis = channel)", lambda x: x.log_softmax(1), [3, 3, 2]),
    ], batch=3) + [
        operator("softmax of large values", 156, {"x": [6]}, "output y = softmax(100 * X, axis = channel);", lambda n, x: (100 * x).softmax(1)),
        operator("log_softmax of large values", 157, {"x": [6]}, "output y = log_softmax(100 * X, axis = channel);", lambda n, x: (100 * x).log_softmax(1)),
    ]


def batch_norm():
    return [
        operator("vector", 160, {"x": [4]}, "output y = x -> unit: batch_norm;", lambda n, x: n.unit(x), layers={"unit": nn.BatchNorm1d(4)}, batch=6, steps=2),
        operator("map", 161, {"x": [3, 4, 3]}, "output y = x -> unit: batch_norm;", lambda n, x: n.unit(x), layers={"unit": nn.BatchNorm2d(3)}, steps=2),
        operator("momentum and eps", 162, {"x": [2, 3, 3]}, "output y = x -> unit: batch_norm(momentum = 0.3, eps = 1e-3);", lambda n, x: n.unit(x), layers={"unit": nn.BatchNorm2d(2, eps=1e-3, momentum=0.3)}, batch=3, steps=1),
        operator("after a convolution", 163, {"x": [2, 5, 5]}, "output y = x -> conv: conv2d(3, kernel = 3, bias = false) -> norm: batch_norm -> relu;",
                 lambda n, x: F.relu(n.norm(n.conv(x))), layers={"conv": nn.Conv2d(2, 3, 3, bias=False), "norm": nn.BatchNorm2d(3)}, batch=3, steps=3),
        operator("mean far from zero", 164, {"x": [3]}, "output y = (x * 0.25 + 1000) -> unit: batch_norm;", lambda n, x: n.unit(x * 0.25 + 1000), layers={"unit": nn.BatchNorm1d(3)}, batch=8, predict_only=True),
    ]


class Standardize(nn.Module):
    """(x − mean) / deviation with fitted buffers."""

    def __init__(self, features):
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))

    def forward(self, x):
        return (x - self.mean) / self.deviation


def layer_norm():
    return [
        operator("vector", 230, {"x": [5]}, "output y = x -> unit: layer_norm;", lambda n, x: n.unit(x), layers={"unit": nn.LayerNorm(5)}, batch=3, steps=1),
        operator("sequence", 231, {"x": [4, 6]}, "output y = x -> unit: layer_norm;", lambda n, x: n.unit(x), layers={"unit": nn.LayerNorm(6)}),
        operator("no bias", 232, {"x": [4, 6]}, "output y = x -> unit: layer_norm(bias = false, eps = 1e-3);", lambda n, x: n.unit(x), layers={"unit": nn.LayerNorm(6, bias=False, eps=1e-3)}),
        operator("over a whole map", 233, {"x": [2, 3, 4]}, "output y = x -> unit: layer_norm(axis = 0);", lambda n, x: n.unit(x), layers={"unit": nn.LayerNorm([2, 3, 4])}),
        operator("over height and width", 234, {"x": [2, 3, 4]}, "output y = x -> unit: layer_norm(axis = height);", lambda n, x: n.unit(x), layers={"unit": nn.LayerNorm([3, 4])}),
        operator("without parameters", 235, {"x": [3, 7]}, "output y = X -> layer_norm(affine = false);", lambda n, x: F.layer_norm(x, [7])),
        operator("mean far from zero", 236, {"x": [3, 7]}, "output y = (x + 10) -> unit: layer_norm;", lambda n, x: n.unit(x + 10), layers={"unit": nn.LayerNorm(7)}, predict_only=True),
    ]


def heads(x, n):
    """[N, T, n·d] as [N, n, T, d]."""
    return x.reshape(x.shape[0], x.shape[1], n, -1).transpose(1, 2)


def attention():
    sdpa = F.scaled_dot_product_attention
    join = lambda x: x.transpose(1, 2).flatten(2)
    one = {"q": [3, 4], "k": [5, 4], "v": [5, 6]}
    own = {"q": [6, 8], "k": [6, 8], "v": [6, 8]}
    return [
        operator("one head", 240, one, "output y = attention(X, k, v);", lambda n, q, k, v: sdpa(q, k, v)),
        operator("scale", 241, one, "output y = attention(X, k, v, scale = 0.3);", lambda n, q, k, v: sdpa(q, k, v, scale=0.3)),
        operator("causal", 242, own, "output y = attention(X, k, v, causal = true);", lambda n, q, k, v: sdpa(q, k, v, is_causal=True)),
        operator("causal over more keys", 243, one, "output y = attention(X, k, v, causal = true);", lambda n, q, k, v: sdpa(q, k, v, is_causal=True)),
        operator("heads", 249, own, "output y = attention(X, k, v, heads = 4);", lambda n, q, k, v: join(sdpa(heads(q, 4), heads(k, 4), heads(v, 4)))),
        operator("causal heads", 245, own, "output y = attention(X, k, v, heads = 2, causal = true);", lambda n, q, k, v: join(sdpa(heads(q, 2), heads(k, 2), heads(v, 2), is_causal=True)), batch=3),
        operator("heads as an axis", 246, {"q": [2, 3, 4], "k": [2, 5, 4], "v": [2, 5, 3]}, "output y = attention(X, k, v);", lambda n, q, k, v: sdpa(q, k, v)),
        operator("more keys than a block", 247, {"q": [35, 4], "k": [35, 4], "v": [35, 3]}, "output y = attention(X, k, v, causal = true);", lambda n, q, k, v: sdpa(q, k, v, is_causal=True), batch=1),
        operator("of itself", 248, {"x": [5, 4]}, "output y = attention(X, X, X, heads = 2);", lambda n, x: join(sdpa(heads(x, 2), heads(x, 2), heads(x, 2)))),
    ]


def multi_head_attention():
    def layer(*positional, **named):
        return {"unit": nn.MultiheadAttention(*positional, batch_first=True, **named)}

    def mask(steps):
        return torch.triu(torch.ones(steps, steps, dtype=torch.bool), 1)

    return [
        operator("to itself", 250, {"x": [4, 6]}, "output y = x -> unit: multi_head_attention(heads = 3);", lambda n, x: n.unit(x, x, x)[0], layers=layer(6, 3), steps=1),
        operator("one head", 251, {"x": [3, 4]}, "output y = x -> unit: multi_head_attention(heads = 1);", lambda n, x: n.unit(x, x, x)[0], layers=layer(4, 1)),
        operator("causal", 252, {"x": [5, 4]}, "output y = x -> unit: multi_head_attention(heads = 2, causal = true);",
                 lambda n, x: n.unit(x, x, x, attn_mask=mask(5), need_weights=False)[0], layers=layer(4, 2)),
        operator("no bias", 253, {"x": [3, 4]}, "output y = x -> unit: multi_head_attention(heads = 2, bias = false);", lambda n, x: n.unit(x, x, x)[0], layers=layer(4, 2, bias=False)),
        operator("to another sequence", 254, {"x": [3, 4], "memory": [5, 4]}, "output y = x -> unit: multi_head_attention(memory, heads = 2);",
                 lambda n, x, memory: n.unit(x, memory, memory)[0], layers=layer(4, 2)),
        operator("queries, keys, values", 255, {"q": [3, 4], "k": [5, 4], "v": [5, 4]}, "output y = q -> unit: multi_head_attention(k, v, heads = 2);",
                 lambda n, q, k, v: n.unit(q, k, v)[0], layers=layer(4, 2)),
    ]


def standardize():
    return [
        operator("vector", 170, {"x": [5]}, "output y = x -> scale: standardize -> last: dense(2);", lambda n, x: n.last(n.scale(x)), layers={"scale": Standardize(5), "last": nn.Linear(5, 2)}, batch=3, steps=1),
    ]


def dropout():
    return [
        operator("prediction passes the input", 175, {"x": [6]}, "output y = X -> dropout(0.5);", lambda n, x: F.dropout(x, 0.5, training=False), predict_only=True),
        operator("probability 0", 176, {"x": [6]}, "output y = X -> dropout(0.0);", lambda n, x: x),
    ]


def detach():
    return [
        operator("no gradient through one of two ways", 178, {"x": [5]}, "output y = X * detach(tanh(X));", lambda n, x: x * torch.tanh(x).detach()),
    ]


def one_hot():
    generator = torch.Generator().manual_seed(180)
    cases = []
    for name, kind, shape in [("class", "int in 0..4", []), ("sequence of classes", "int[3] in 0..4", [3])]:
        net = Net(lambda n, k: F.one_hot(k, 4).double() * n.scale, scale=torch.zeros(4))
        draw(net, generator)
        inputs = {"k": torch.randint(0, 4, (5, *shape), generator=generator)}
        targets = {"upstream": randn(generator, 5, *shape, 4)}
        text = network({"k": kind}, ["output y = one_hot(k, 4) * scale;"], {"scale": [4]}) + "\n\n" + recipe({"upstream": [*shape, 4]}, "sum(y * upstream)", batch=5)
        cases.append(solve(name, text, net, inputs, targets, lambda y, t, _: (y["y"] * t["upstream"]).sum(), batch=5))
    return cases


def arithmetic():
    pair = {"a": [2, 3, 4], "b": [2, 3, 4]}
    channel = {"a": [2, 3, 4], "b": [2, 1, 1]}
    return [
        operator("sum", 190, pair, "output y = X + b;", lambda n, a, b: a + b),
        operator("difference", 191, pair, "output y = X - b;", lambda n, a, b: a - b),
        operator("product", 192, pair, "output y = X * b;", lambda n, a, b: a * b),
        operator("quotient", 193, pair, "output y = X / (b^2 + 1);", lambda n, a, b: a / (b ** 2 + 1)),
        operator("square and cube", 194, pair, "output y = X^2 - b^3;", lambda n, a, b: a ** 2 - b ** 3),
        operator("minus", 195, {"a": [5]}, "output y = -X * 2 - 1;", lambda n, a: -a * 2 - 1),
        operator("number and tensor", 196, {"a": [5]}, "output y = 1 - 3 / (X^2 + 0.5);", lambda n, a: 1 - 3 / (a ** 2 + 0.5)),
        operator("broadcast over a map", 197, channel, "output y = X * b + b;", lambda n, a, b: a * b + b),
        operator("broadcast both ways", 198, {"a": [3, 1], "b": [1, 4]}, "output y = X * b - X;", lambda n, a, b: a * b - a),
        operator("broadcast a lower rank", 199, {"a": [3, 4], "b": [4]}, "output y = X / (b^2 + 1);", lambda n, a, b: a / (b.unsqueeze(1) ** 2 + 1)),
        operator("exp", 200, {"x": [9]}, "output y = exp(X);", lambda n, x: x.exp()),
        operator("log", 201, {"x": [9]}, "output y = log(X^2 + 0.1);", lambda n, x: (x ** 2 + 0.1).log()),
        operator("sqrt", 202, {"x": [9]}, "output y = sqrt(X^2 + 0.1);", lambda n, x: (x ** 2 + 0.1).sqrt()),
        operator("absolute value", 204, {"x": [9]}, "output y = abs(X);", lambda n, x: x.abs()),
        operator("larger and smaller", 205, pair, "output y = maximum(X, b) * minimum(X, b + 0.5);", lambda n, a, b: torch.maximum(a, b) * torch.minimum(a, b + 0.5)),
        operator("powers", 206, {"x": [9]}, "output y = p^5 + p^-3 + p^2.5 + p^0.3;", lambda n, x: (lambda p: p ** 5 + p ** -3 + p ** 2.5 + p ** 0.3)(x ** 2 + 0.5), let=("let p = X^2 + 0.5;",)),
        operator("a value used thrice", 203, {"x": [6]}, "output y = s * s + s;", lambda n, x: (lambda s: s * s + s)(torch.sigmoid(x)), let=("let s = sigmoid(X);",)),
    ]


def reductions():
    table = []
    for name, run in [("sum", torch.sum), ("mean", torch.mean), ("max", torch.amax)]:
        table += [
            (f"{name} over the last axis", f"{name}(axis = -1)", lambda x, run=run: run(x, -1)),
            (f"{name} over a middle axis", f"{name}(axis = 1)", lambda x, run=run: run(x, 2)),
            (f"{name} over channels", f"{name}(axis = channel)", lambda x, run=run: run(x, 1)),
            (f"{name} over two axes", f"{name}(axis = [height, width])", lambda x, run=run: run(x, (2, 3))),
            (f"{name}, axis kept", f"{name}(axis = 0, keep = true)", lambda x, run=run: run(x, 1, keepdim=True), [4, 3]),
        ]
    return simple(210, [2, 3, 4], table)


OPERATORS = {
    "dense": dense, "conv2d": conv2d, "conv_transpose2d": conv_transpose2d, "max_pool": max_pool, "avg_pool": avg_pool,
    "global_avg_pool": global_avg_pool, "upsample": upsample, "reshaping": reshaping, "split": split, "concat": concat,
    "activations": activations, "softmax": softmaxes, "batch_norm": batch_norm, "standardize": standardize,
    "layer_norm": layer_norm, "attention": attention, "multi_head_attention": multi_head_attention,
    "dropout": dropout, "detach": detach, "one_hot": one_hot, "arithmetic": arithmetic, "reductions": reductions,
}
