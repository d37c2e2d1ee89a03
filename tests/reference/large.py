"""Reference cases of whole networks: values come from netc's own generator, only summaries are kept.

Element i of the tensor at a path is `low + (high − low) · uniform(seed, stream(path, 0), step 0, i)` in f32; labels are
`⌊classes · uniform⌋`. Of each gradient and each updated buffer are kept: the Euclidean norm, the largest magnitude, 32
sampled entries, and the projection Σ gᵢ·(2·uniform(seed, stream("projection " + path, 0), 0, i) − 1).
"""

import copy

import numpy as np
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from philox import check, uniform

SEED = 1
SAMPLES = 32


def interval(path, shape):
    """Where a tensor's numbers lie: He's uniform interval for weights, small ones for the rest."""
    if path.endswith("running_var"):
        return 0.5, 1.5
    if path.endswith("running_mean") or path.endswith("bias"):
        return -0.1, 0.1
    if len(shape) == 1:
        return 0.9, 1.1
    bound = float(np.float32((6 / np.prod(shape[1:])) ** 0.5))
    return -bound, bound


def fill(path, shape, low, high, seed=SEED):
    u = uniform(seed, path, int(np.prod(shape)))
    low, high = np.float32(low), np.float32(high)
    return torch.from_numpy((low + (high - low) * u).astype(np.float32)).double().reshape(shape)


def number(value):
    return float(f"{float(value.detach() if isinstance(value, torch.Tensor) else value):.9g}")


def summary(path, value, seed):
    """Norm, largest magnitude, samples and projection of a tensor."""
    flat = value.detach().flatten().double()
    n = flat.numel()
    picks = sorted({int(u * n) for u in uniform(seed, "samples " + path, SAMPLES).astype(np.float64)})
    signs = torch.from_numpy(uniform(seed, "projection " + path, n).astype(np.float64) * 2 - 1)
    return {"norm": number(flat.norm()), "largest": number(flat.abs().max()), "indices": picks, "values": [number(flat[i]) for i in picks], "projection": number(flat @ signs)}


class Level(nn.Module):
    def __init__(self, x, channels, depth):
        super().__init__()
        self.enter = double_conv(x, channels)
        self.depth = depth
        if depth:
            self.inner = Level(channels, channels * 2, depth - 1)
            self.up = nn.ConvTranspose2d(channels * 2, channels, 2, 2)
            self.leave = double_conv(channels * 2, channels)

    def forward(self, x):
        here = self.enter(x)
        if not self.depth:
            return here
        return self.leave(torch.cat([here, self.up(self.inner(F.max_pool2d(here, 2)))], 1))


def double_conv(x, channels):
    return nn.Sequential(nn.Conv2d(x, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
                         nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())


class UNet(nn.Module):
    def __init__(self, classes, base, depth):
        super().__init__()
        self.body = Level(3, base, depth)
        self.head = nn.Conv2d(base, classes, 1)

    def forward(self, x):
        return self.head(self.body(x))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(3136, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(F.max_pool2d(F.relu(self.conv1(x)), 2))), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class Plain(nn.Module):
    def __init__(self, x, channels, stride):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(x, channels, 3, stride), nn.Conv2d(channels, channels, 3, padding=1)
        self.border = (1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1)
        self.stride, self.more = stride, channels - x

    def forward(self, x):
        main = self.conv2(F.relu(self.conv1(F.pad(x, self.border))))
        skip = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(main + skip)


class Textbook(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.fc = nn.Conv2d(3, 64, 7, 2, 1), nn.Linear(512, classes)
        for turn, (x, channels) in enumerate([(64, 64), (64, 128), (128, 256), (256, 512)], 1):
            setattr(self, f"layer{turn}", nn.Sequential(Plain(x, channels, 1 if turn == 1 else 2), Plain(channels, channels, 1)))

    def forward(self, x):
        x = F.max_pool2d(F.pad(F.relu(self.conv1(x)), (0, 1, 0, 1), value=-torch.inf), 3, 2)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def vgg16(classes):
    net = torchvision.models.vgg16(num_classes=classes)
    net.avgpool = nn.Identity()
    net.classifier[0] = nn.Linear(512, 4096)
    for part in net.classifier:
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return net


def margin(net, x):
    """How near the values come to a kink: the smallest magnitude before any ReLU module and the smallest lead of a
    maximum over the next in its window, relative to the map's deviation. Rounding beyond it changes gradients by jumps."""
    least, pool = [], F.max_pool2d

    def led(values, *arguments, **named):
        if arguments == (2,) and not named:
            windows = F.unfold(values.flatten(0, 1).unsqueeze(1), 2, stride=2)
            top = windows.topk(2, 1).values
            gaps = (top[:, 0] - top[:, 1])[top[:, 0] > 0]
            least.append(float(gaps.min() / values.std()))
        return pool(values, *arguments, **named)

    hooks = [part.register_forward_pre_hook(lambda _, args: least.append(float(args[0].abs().min() / args[0].std()))) for part in net.modules() if isinstance(part, nn.ReLU)]
    F.max_pool2d = led
    with torch.no_grad():
        copy.deepcopy(net).train()(x)
    F.max_pool2d = pool
    for hook in hooks:
        hook.remove()
    return min(least, default=float("nan"))


def solve(name, file, settings, net, input_name, shape, target_name, target_shape, classes, batch, seed=SEED):
    """A case. Where batch norm of few samples amplifies rounding, the seed is one whose values keep away from kinks."""
    net = net.double()
    tensors = {path: value for path, value in net.state_dict().items() if "num_batches_tracked" not in path}
    filled = {path: interval(path, value.shape) for path, value in tensors.items()}
    net.load_state_dict({path: fill(path, tuple(tensors[path].shape), *ends, seed) for path, ends in filled.items()}, strict=False)
    x = fill(input_name, (batch, *shape), 0.0, 1.0, seed)
    count = int(np.prod((batch, *target_shape)))
    label = torch.from_numpy(np.floor(uniform(seed, target_name, count).astype(np.float64) * classes).astype(np.int64)).reshape(batch, *target_shape)
    single = copy.deepcopy(net).float()
    net.eval()
    with torch.no_grad():
        logits = net(x)
        evaluated = F.cross_entropy(logits, label)
    net.train()
    loss = F.cross_entropy(net(x), label)
    loss.backward()
    gradients = {path: value.grad for path, value in net.named_parameters()}
    buffers = {path: value for path, value in net.named_buffers() if "num_batches_tracked" not in path}

    single.train()
    F.cross_entropy(single(x.float()), label).backward()
    worst = max(float((value.grad.double() - gradients[path]).abs().max() / gradients[path].abs().max()) for path, value in single.named_parameters())
    print(f"{name}: f32 PyTorch differs from f64 by {worst:.1e} of a gradient's scale; margin {margin(net, x):.1e}")

    flat = logits.flatten()
    kept = {"values": [number(v) for v in flat]} if flat.numel() <= 2000 else summary("logits", logits, seed)
    return {
        "name": name, "file": file, "set": settings, "seed": seed, "batch": batch,
        "fill": [{"path": path, "shape": list(tensors[path].shape), "low": low, "high": high} for path, (low, high) in filled.items()],
        "inputs": [{"name": input_name, "shape": [batch, *shape], "low": 0.0, "high": 1.0}],
        "targets": [{"name": target_name, "shape": [batch, *target_shape], "classes": classes}],
        "logits": {"shape": list(logits.shape), **kept},
        "evaluate_loss": number(evaluated), "loss": number(loss), "f32_error": float(f"{worst:.2g}"),
        "gradients": {path: summary(path, value, seed) for path, value in gradients.items()},
        "buffers_after_step": {path: summary(path, value, seed) for path, value in buffers.items()},
    }


def large():
    check()
    return [
        solve("lenet", "examples/mnist/lenet.net", {"drop": 0.0}, LeNet(), "image", (1, 28, 28), "label", (), 10, 4),
        solve("vgg16", "examples/vision/vgg16.net", {"classes": 10, "size": 32, "drop": 0.0}, vgg16(10), "image", (3, 32, 32), "label", (), 10, 2),
        solve("resnet18", "examples/vision/resnet18.net", {"size": 64}, torchvision.models.resnet18(), "image", (3, 64, 64), "label", (), 1000, 2),
        solve("resnet18_textbook", "examples/vision/resnet18_textbook.net", {"classes": 10, "size": 67}, Textbook(10), "image", (3, 67, 67), "label", (), 10, 2),
        solve("unet", "examples/segmentation/unet.net", {"size": 32, "base": 8}, UNet(2, 8, 4), "image", (3, 32, 32), "mask", (32, 32), 2, 2, seed=66),
    ]
