"""Prints the points of torch.optim.Adam that tests/search/adam_test.cpp holds (torch 2.11)."""
import torch

point = torch.tensor([0.1, 0.2], dtype=torch.float64, requires_grad=True)
adam = torch.optim.Adam([point], lr=0.1)
schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda t: 1 - t / 5)
for gradient in [[0.5, -2], [0.25, 1], [-1, 0.125], [0.5, 0.5]]:
    point.grad = torch.tensor(gradient, dtype=torch.float64)
    adam.step()
    schedule.step()
    print(f"      {{{point[0].item():.17g}, {point[1].item():.17g}}},")
