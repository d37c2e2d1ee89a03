"""Reference cases of losses, optimisers and initialisers' ranges."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn import init

from case import Net, draw, network, randn, recipe, solve


def loss_case(name, seed, units, body, targets, loss_text, loss, draw_targets, *, optimizer_text="sgd(rate = 0.1)", optimizer=None, steps=1, batch=4, features=5):
    """A dense layer, the statements that follow it, and a loss over their values."""
    generator = torch.Generator().manual_seed(seed)
    net = Net(lambda n, x: body[1](n.unit(x)), unit=nn.Linear(features, units))
    draw(net, generator)
    inputs = {"x": randn(generator, batch, features)}
    text = network({"x": [features]}, [f"let z = x -> unit: dense({units});", body[0]]) + "\n\n" + recipe(targets, loss_text, optimizer_text, batch)
    return solve(name, text, net, inputs, draw_targets(generator, batch), lambda y, t, n: loss(y["y"], t, n), batch=batch, steps=steps, optimizer=optimizer)


PLAIN = ("output y = z;", lambda z: z)


def losses():
    classes = lambda g, n: {"label": torch.randint(0, 4, (n,), generator=g)}
    bits = lambda g, n: {"truth": torch.randint(0, 2, (n, 3), generator=g).double()}
    numbers = lambda g, n: {"truth": randn(g, n, 3)}
    chances = lambda g, n: {"truth": torch.rand(n, 3, generator=g, dtype=torch.float32).double()}
    shares = lambda g, n: {"truth": randn(g, n, 3).softmax(1).float().double()}
    real, label = {"truth": [3]}, {"label": "int in 0..4"}
    sigmoid = ("output y = sigmoid(z);", torch.sigmoid)
    log_softmax = ("output y = log_softmax(z, axis = channel);", lambda z: z.log_softmax(1))
    cases = [
        loss_case("mse", 300, 3, PLAIN, real, "mse(y, truth)", lambda y, t, n: F.mse_loss(y, t["truth"]), numbers),
        loss_case("mse written out", 301, 3, PLAIN, real, "mean((y - truth)^2)", lambda y, t, n: F.mse_loss(y, t["truth"]), numbers),
        loss_case("l1", 311, 3, PLAIN, real, "l1(y, truth)", lambda y, t, n: F.l1_loss(y, t["truth"]), numbers),
        loss_case("cross_entropy_of", 312, 3, ("output y = softmax(z, axis = channel);", lambda z: z.softmax(1)), real, "cross_entropy_of(y, truth)", lambda y, t, n: -(t["truth"] * y.log()).sum(1).mean(), shares),
        loss_case("binary_cross_entropy", 302, 3, sigmoid, real, "binary_cross_entropy(y, truth)", lambda y, t, n: F.binary_cross_entropy(y, t["truth"]), bits),
        loss_case("binary_cross_entropy of probabilities", 303, 3, sigmoid, real, "binary_cross_entropy(y, truth)", lambda y, t, n: F.binary_cross_entropy(y, t["truth"]), chances),
        loss_case("binary_cross_entropy_with_logits", 304, 3, PLAIN, real, "binary_cross_entropy_with_logits(y, truth)", lambda y, t, n: F.binary_cross_entropy_with_logits(y, t["truth"]), bits),
        loss_case("binary_cross_entropy_with_logits of large values", 305, 3, ("output y = 50 * z;", lambda z: 50 * z), real, "binary_cross_entropy_with_logits(y, truth)", lambda y, t, n: F.binary_cross_entropy_with_logits(y, t["truth"]), bits),
        loss_case("cross_entropy", 306, 4, PLAIN, label, "cross_entropy(y, label)", lambda y, t, n: F.cross_entropy(y, t["label"]), classes),
        loss_case("cross_entropy of large values", 307, 4, ("output y = 100 * z;", lambda z: 100 * z), label, "cross_entropy(y, label)", lambda y, t, n: F.cross_entropy(y, t["label"]), classes),
        loss_case("nll", 308, 4, log_softmax, label, "nll(y, label)", lambda y, t, n: F.nll_loss(y, t["label"]), classes),
        loss_case("penalty on a weight", 309, 4, PLAIN, label, "cross_entropy(y, label) + 0.01 * sum(unit.weight^2)", lambda y, t, n: F.cross_entropy(y, t["label"]) + 0.01 * (n.unit.weight ** 2).sum(), classes),
        loss_case("two terms", 310, 3, PLAIN, real, "0.5 * mse(y, truth) + mean(max(y, axis = channel))", lambda y, t, n: 0.5 * F.mse_loss(y, t["truth"]) + y.amax(1).mean(), numbers),
    ]
    generator = torch.Generator().manual_seed(320)
    net = Net(lambda n, x: n.unit(x), unit=nn.Conv2d(2, 3, 3, padding=1))
    draw(net, generator)
    inputs = {"x": randn(generator, 2, 2, 4, 3)}
    targets = {"mask": torch.randint(0, 3, (2, 4, 3), generator=generator)}
    text = network({"x": [2, 4, 3]}, ["output y = x -> unit: conv2d(3, kernel = 3, pad = 1);"]) + "\n\n" + recipe({"mask": "int[4, 3] in 0..3"}, "cross_entropy(y, mask)")
    cases.append(solve("cross_entropy of a map", text, net, inputs, targets, lambda y, t, n: F.cross_entropy(y["y"], t["mask"]), steps=1))
    return cases


def by_group(rule, weight, bias):
    """A rule with settings of its own for the weight and for the bias."""
    return lambda parameters: rule([{"params": [part], **settings} for part, settings in zip(parameters, (weight, bias))])


def frozen():
    """A frozen batch norm computes with its statistics, also while training, and keeps everything."""
    generator = torch.Generator().manual_seed(350)
    fixed = lambda n, z: F.batch_norm(z, n.norm.running_mean, n.norm.running_var, n.norm.weight, n.norm.bias, False)
    net = Net(lambda n, x: n.last(fixed(n, n.first(x)).relu()), first=nn.Linear(5, 4), norm=nn.BatchNorm1d(4), last=nn.Linear(4, 2))
    draw(net, generator)
    net.norm.requires_grad_(False)
    inputs, targets = {"x": randn(generator, 4, 5)}, {"truth": randn(generator, 4, 2)}
    body = ["output y = x -> first: dense(4) -> norm: batch_norm -> relu -> last: dense(2);"]
    text = network({"x": [5]}, body) + "\n\n" + recipe({"truth": [2]}, "mse(y, truth)", "adam(rate = 0.01)", 4, ["freeze = [norm]"])
    loss = lambda y, t, n: F.mse_loss(y["y"], t["truth"])
    rule = lambda parameters: torch.optim.Adam([part for part in parameters if part.requires_grad], lr=0.01)
    return solve("a frozen batch norm", text, net, inputs, targets, loss, batch=4, steps=5, optimizer=rule)


def optimizers():
    table = [
        ("sgd", "sgd(rate = 0.1)", lambda p: torch.optim.SGD(p, lr=0.1)),
        ("sgd with momentum", "sgd(rate = 0.1, momentum = 0.9)", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        ("sgd with Nesterov momentum", "sgd(rate = 0.1, momentum = 0.9, nesterov = true)", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
        ("sgd with weight decay", "sgd(rate = 0.1, weight_decay = 0.05)", lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.05)),
        ("sgd with everything", "sgd(rate = 0.05, momentum = 0.8, weight_decay = 0.01, nesterov = true)", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.01, nesterov=True)),
        ("adam", "adam(rate = 0.01)", lambda p: torch.optim.Adam(p, lr=0.01)),
        ("adam with betas and eps", "adam(rate = 0.02, betas = [0.8, 0.95], eps = 1e-4)", lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-4)),
        ("adam with weight decay", "adam(rate = 0.01, weight_decay = 0.1)", lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1)),
        ("a group", "sgd(rate = 0.1, momentum = 0.9, groups = [group(unit.bias, rate = 0.02, momentum = 0.5)])", by_group(torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}, {"lr": 0.02, "momentum": 0.5})),
        ("a group of adam", "adam(0.01, groups = [group(unit.weight, lr = 0.03, betas = [0.7, 0.9])])", by_group(torch.optim.Adam, {"lr": 0.03, "betas": (0.7, 0.9)}, {"lr": 0.01})),
        ("decay of weights alone", "adam(rate = 0.01, weight_decay = 0.1, decay = weights)", by_group(torch.optim.Adam, {"lr": 0.01, "weight_decay": 0.1}, {"lr": 0.01})),
        ("a group without decay", "sgd(rate = 0.1, weight_decay = 0.05, groups = [group([unit.bias], weight_decay = 0)])", by_group(torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.05}, {"lr": 0.1})),
    ]
    label = lambda g, n: {"label": torch.randint(0, 4, (n,), generator=g)}
    return [loss_case(name, 330 + turn, 4, PLAIN, {"label": "int in 0..4"}, "cross_entropy(y, label)", lambda y, t, n: F.cross_entropy(y, t["label"]), label,
                      optimizer_text=text, optimizer=rule, steps=5) for turn, (name, text, rule) in enumerate(table)] + [frozen()]


def initialisers():
    """No values: PyTorch draws from another generator. The distribution's numbers come from PyTorch's own rules."""
    dense_net = lambda arguments: network({"x": [128]}, [f"output y = x -> unit: dense(256{arguments});"])
    conv_net = lambda arguments: network({"x": [16, 8, 8]}, [f"output y = x -> unit: conv2d(64, kernel = 3, groups = 2{arguments});"])
    dense, conv, up = nn.Linear(128, 256), nn.Conv2d(16, 64, 3, groups=2), nn.ConvTranspose2d(16, 32, 3)
    up_net = network({"x": [16, 8, 8]}, ["output y = x -> unit: conv_transpose2d(32, kernel = 3);"])

    def uniform(layer, bound):
        return {"shape": list(layer.shape), "distribution": "uniform", "low": -bound, "high": bound}

    def normal(layer, mean, deviation):
        return {"shape": list(layer.shape), "distribution": "normal", "mean": mean, "deviation": deviation}

    def constant(layer, value):
        return {"shape": list(layer.shape), "distribution": "constant", "value": value}

    fan_in = lambda layer: init._calculate_fan_in_and_fan_out(layer.weight)[0]
    fans = lambda layer: sum(init._calculate_fan_in_and_fan_out(layer.weight))
    default = lambda layer: {"unit.weight": uniform(layer.weight, fan_in(layer) ** -0.5), "unit.bias": uniform(layer.bias, fan_in(layer) ** -0.5)}
    norm = nn.BatchNorm2d(64)
    table = [
        ("dense, default", dense_net(""), default(dense)),
        ("conv2d, default", conv_net(""), default(conv)),
        ("conv_transpose2d, default", up_net, default(up)),
        ("dense, he", dense_net(", init = he"), {"unit.weight": normal(dense.weight, 0, init.calculate_gain("relu") * fan_in(dense) ** -0.5)}),
        ("conv2d, he", conv_net(", init = he"), {"unit.weight": normal(conv.weight, 0, init.calculate_gain("relu") * fan_in(conv) ** -0.5)}),
        ("dense, xavier", dense_net(", init = xavier"), {"unit.weight": uniform(dense.weight, (6 / fans(dense)) ** 0.5)}),
        ("conv2d, xavier", conv_net(", init = xavier"), {"unit.weight": uniform(conv.weight, (6 / fans(conv)) ** 0.5)}),
        ("normal", dense_net(", init = normal(0.5, 0.02)"), {"unit.weight": normal(dense.weight, 0.5, 0.02)}),
        ("uniform", dense_net(", init = uniform(-0.1, 0.3)"), {"unit.weight": {"shape": [256, 128], "distribution": "uniform", "low": -0.1, "high": 0.3}}),
        ("constant", dense_net(", init = constant(0.25)"), {"unit.weight": constant(dense.weight, 0.25)}),
        ("given", network({"x": [2]}, ["output y = x -> unit: dense(1, weight = [[3, -2]], bias = [1]);"]),
         {"unit.weight": {"shape": [1, 2], "distribution": "given", "values": [3, -2]}, "unit.bias": {"shape": [1], "distribution": "given", "values": [1]}}),
        ("batch_norm, default", network({"x": [64, 2, 2]}, ["output y = x -> unit: batch_norm;"]),
         {"unit.weight": constant(norm.weight, 1), "unit.bias": constant(norm.bias, 0), "unit.running_mean": constant(norm.running_mean, 0), "unit.running_var": constant(norm.running_var, 1)}),
    ]
    return [{"name": name, "net": net, "seed": 1, "initial": initial} for name, net, initial in table]


TRAINING = {"losses": losses, "optimizers": optimizers, "initialisers": initialisers}
