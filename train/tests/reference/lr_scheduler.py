"""Writes lr_scheduler.in: learning rates of ten steps, two per epoch, by torch.optim.lr_scheduler."""
import torch, warnings
warnings.simplefilter("ignore")
from torch.optim.lr_scheduler import *
def run(make, warm, per_epoch):
    p=torch.nn.Parameter(torch.zeros(1,dtype=torch.float64)); o=torch.optim.SGD([p],lr=0.1)
    # step-clocked everything: epoch policies get lambda-like doubling
    if warm:
        s=SequentialLR(o,[LinearLR(o,1/warm if warm>1 else 1.0,1.0,total_iters=max(warm-1,1)),make(o,10-warm)],[warm])
    else: s=make(o,10)
    out=[]
    for step in range(10):
        out.append(o.param_groups[0]['lr']); o.step()
        if not per_epoch or step%2==1: s.step()
    return out
rows=[
("Policy::Constant",None,lambda o,T:ConstantLR(o,1.0,1),False,0),
("Policy::Constant","Some((2.0, Clock::Epochs))",lambda o,T:ConstantLR(o,1.0,1),False,4),
("Policy::Step { every: (2.0, Clock::Epochs), factor: 0.5 }",None,lambda o,T:StepLR(o,2,0.5),True,0),
("Policy::Step { every: (3.0, Clock::Steps), factor: 0.1 }","Some((2.0, Clock::Steps))",lambda o,T:StepLR(o,3,0.1),False,2),
("Policy::Exponential { factor: 0.9 }",None,lambda o,T:ExponentialLR(o,0.9),True,0),
("Policy::Cosine { floor: 0.0 }",None,lambda o,T:CosineAnnealingLR(o,T),False,0),
("Policy::Cosine { floor: 0.1 }","Some((1.0, Clock::Epochs))",lambda o,T:CosineAnnealingLR(o,T,eta_min=0.01),False,2),
]
print("[")
for pol,w,mk,pe,wn in rows:
    print(f"    ({pol}, {w}, {run(mk,wn,pe)}),")
print("]")
