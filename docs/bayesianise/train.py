"""A small convolutional net for daily sea-level pressure, trained by PyTorch and exported to ONNX.

python train.py slp.daily.2001-2007.nc DIRECTORY     (numpy, netCDF4, torch, onnx, onnxscript)
Writes DIRECTORY/net.onnx, [n, 1, 17, 33] normalised to the next day's, and DIRECTORY/normalisation.json.
"""
import json
import pathlib
import sys

import netCDF4
import numpy as np
import torch
from torch import nn

torch.manual_seed(1)
torch.set_num_threads(1)
with netCDF4.Dataset(sys.argv[1]) as file:
    times = netCDF4.num2date(file["time"][:], file["time"].units)
    pressure = np.asarray(file["slp"][:], dtype=np.float32)
    latitudes = np.asarray(file["lat"][:])
# north to south, as plume has it, in the unit that plume uses
if latitudes[0] < latitudes[-1]:
    pressure = pressure[:, ::-1]
pressure = pressure * (100 if pressure.mean() < 2000 else 1)
train = np.array([time.year <= 2005 for time in times])
mean, deviation = float(pressure[train].mean()), float(pressure[train].std())
states = torch.from_numpy(((pressure - mean) / deviation)[train].copy())[:, None]


class Net(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 5, padding=2)
        self.middle = nn.Conv2d(width, width, 3, padding=1)
        self.wide = nn.Conv2d(width, width, 3, padding=2, dilation=2)
        self.head = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, x):
        y = nn.functional.gelu(self.stem(x))
        y = y + nn.functional.gelu(self.middle(y))
        y = y + nn.functional.gelu(self.wide(y))
        return x + self.head(y)


net = Net()
epochs, batch = 25, 16
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, epochs * (len(states) // batch + 1))
for epoch in range(epochs):
    order = torch.randperm(len(states) - 1)
    total = 0.0
    for index in order.split(batch):
        loss = (net(states[index]) - states[index + 1]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += float(loss) * len(index)
    print(f"epoch {epoch + 1}: root mean square error {deviation * (total / len(order)) ** 0.5:.0f} Pa")

out = pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
(out / "normalisation.json").write_text(json.dumps({"msl": {"mean": mean, "deviation": deviation}}) + "\n")
torch.onnx.export(
    net.eval(), (states[:2],), out / "net.onnx", input_names=["x"], output_names=["next"],
    dynamic_shapes=({0: torch.export.Dim("n")},), external_data=False,
)
