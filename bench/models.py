"""The workloads as PyTorch modules: the same networks as the files in `workloads/`, and what is timed of each.

`models.py FOLDER` exports those that predict to ONNX files `NAME_BATCH.onnx` and lists what is timed in `workloads.json`.
"""

import json
import os
import sys

import torch
from torch import nn
from torch.nn import functional


def tiny():
    return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3))


def mlp():
    dense = [nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)]
    return nn.Sequential(nn.Flatten(), *dense)


def cnn():
    convolutions = [nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    convolutions += [nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    dense = [nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)]
    return nn.Sequential(*convolutions, *dense)


def resnet18():
    import torchvision

    return torchvision.models.resnet18()


def vgg16():
    import torchvision

    return torchvision.models.vgg16()


class DoubleConv(nn.Sequential):
    def __init__(self, inputs, outputs):
        first = [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
        super().__init__(*first, nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())


class Level(nn.Module):
    """One level of a U-Net with everything below it."""

    def __init__(self, inputs, channels, depth):
        super().__init__()
        self.enter = DoubleConv(inputs, channels)
        self.inner = None
        if depth > 0:
            self.pool = nn.MaxPool2d(2)
            self.inner = Level(channels, 2 * channels, depth - 1)
            self.up = nn.ConvTranspose2d(2 * channels, channels, 2, 2)
            self.leave = DoubleConv(2 * channels, channels)

    def forward(self, x):
        here = self.enter(x)
        if self.inner is None:
            return here
        return self.leave(torch.cat([self.up(self.inner(self.pool(here))), here], 1))


def unet():
    return nn.Sequential(Level(3, 32, 4), nn.Conv2d(32, 2, 1))


class Block(nn.Module):
    """A transformer block that normalises first."""

    def __init__(self, width=256, heads=8, hidden=1024):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        batch, time, width = x.shape
        parts = self.qkv(self.norm1(x)).reshape(batch, time, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v).permute(0, 2, 1, 3).reshape(batch, time, width)
        x = x + self.out(mixed)
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


def transformer():
    return nn.Sequential(*[Block() for _ in range(4)])


# Name: (file in `workloads/`, module, shape of the input, classes and shape of the targets where a
# training step is timed, else None).
WORKLOADS = {
    "tiny MLP, batch 1": ("tiny", tiny, (1, 4), None),
    "MLP, batch 1": ("mlp", mlp, (1, 1, 28, 28), None),
    "MLP, batch 128": ("mlp", mlp, (128, 1, 28, 28), None),
    "MLP, training, batch 128": ("mlp", mlp, (128, 1, 28, 28), (10, (128,))),
    "CNN, batch 1": ("cnn", cnn, (1, 1, 28, 28), None),
    "CNN, batch 64": ("cnn", cnn, (64, 1, 28, 28), None),
    "CNN, training, batch 64": ("cnn", cnn, (64, 1, 28, 28), (10, (64,))),
    "ResNet-18, batch 1": ("resnet18", resnet18, (1, 3, 224, 224), None),
    "ResNet-18, batch 8": ("resnet18", resnet18, (8, 3, 224, 224), None),
    "ResNet-18, training, batch 8": ("resnet18", resnet18, (8, 3, 224, 224), (1000, (8,))),
    "VGG16, batch 1": ("vgg16", vgg16, (1, 3, 224, 224), None),
    "U-Net, batch 1": ("unet", unet, (1, 3, 256, 256), None),
    "U-Net, training, batch 2": ("unet", unet, (2, 3, 256, 256), (2, (2, 256, 256))),
    "4 transformer blocks, batch 1": ("transformer", transformer, (1, 128, 256), None),
}


def export(folder):
    """Writes what is not there yet, the list last."""
    for name, module, shape, target in WORKLOADS.values():
        path = os.path.join(folder, f"{name}_{shape[0]}.onnx")
        if target is None and not os.path.exists(path):
            torch.manual_seed(0)
            arguments = (torch.randn(*shape),)
            torch.onnx.export(module().eval(), arguments, path + ".part", dynamo=False, opset_version=17)
            os.replace(path + ".part", path)
    with open(os.path.join(folder, "workloads.json"), "w", encoding="utf-8") as file:
        json.dump({key: [name, shape, target] for key, (name, _, shape, target) in WORKLOADS.items()}, file)


if __name__ == "__main__":
    export(sys.argv[1])
