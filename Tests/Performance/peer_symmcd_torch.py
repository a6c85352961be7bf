"""The peer for sampling and training speed: SymmCD's published network written in PyTorch the way its code is.

hidden 1024, 8 message-passing layers with layer norm, 128 Fourier frequencies (0 among them), fully connected graphs with self edges;
variance-preserving noise on the lattice, variance-exploding noise on coordinates with predictor and corrector (two calls of the
network a step, 1,000 steps), discrete diffusion to marginals for 94 elements and 15 x 13 site symmetries.
Prints milliseconds per structure, of the steps that were asked for (sampling: 1,000 steps are 1,000 / STEPS times that) or of one step
of descent (training).

usage: peer_symmcd_torch.py [sample|train] [--sites FILE] [--batch 256] [--steps 5] [--threads 2] [--dtype f32|bf16]
FILE: one integer a line, the number of asymmetric-unit sites of each structure (default: a fixed MP-20-like mix).
"""
import argparse, math, time
import torch, torch.nn as nn, torch.nn.functional as F

AXES, OPERATIONS, ELEMENTS, STEPS, CODE = 15, 13, 94, 1000, 397


def schedules():
    t = torch.arange(STEPS + 1, dtype=torch.float64)
    f = torch.cos((t / STEPS + 0.008) / 1.008 * math.pi / 2) ** 2
    beta = torch.cat([torch.zeros(1), (1 - f[1:] / f[:-1]).clamp(1e-4, 0.9999)])
    sigma = torch.cat([torch.zeros(1), 0.005 * 100 ** (torch.arange(STEPS) / (STEPS - 1))])
    d = sigma[1:, None] * torch.randn(STEPS, 1000)
    norm = torch.cat([torch.ones(1), score(d, sigma[1:, None].expand_as(d)).square().mean(1)])
    return beta.float(), torch.cumprod(1 - beta, 0).float(), sigma.float(), norm.float()


def score(d, sigma, images=10):
    up, down = 0, 1e-30
    for i in range(-images, images + 1):
        w = torch.exp(-((d + i) ** 2) / (2 * sigma**2))
        up, down = up + (d + i) / sigma**2 * w, down + w
    return up / down


def waves(x, count):
    angles = (x[:, :, None] * (2 * math.pi * torch.arange(count))).reshape(len(x), -1)
    return torch.cat([angles.sin(), angles.cos()], 1)


def time_embedding(t, dim):
    half = dim // 2
    angles = t[:, None] * torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


def perceptron(inputs, hidden):
    return nn.Sequential(nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU())


class Layer(nn.Module):
    def __init__(self, hidden, count):
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.edge, self.node = perceptron(2 * hidden + 6 + 6 * count, hidden), perceptron(2 * hidden, hidden)

    def forward(self, h, w, k, graph):
        g = self.norm(h)
        m = self.edge(torch.cat([g[graph.source], g[graph.target], k, w], 1))
        mean = torch.zeros(len(h), m.shape[1], dtype=m.dtype).index_add_(0, graph.source, m) / graph.degree
        return h + self.node(torch.cat([g, mean.to(g.dtype)], 1))


class Net(nn.Module):
    def __init__(self, hidden=1024, layers=8, count=128, time=10, group=512, symmetry=512, axis=4, rank=8):
        super().__init__()
        self.count, self.time, self.rank = count, time, rank
        self.group = nn.Sequential(
            nn.Linear(CODE, 128), nn.ReLU(), nn.LayerNorm(128), nn.Linear(128, 128), nn.ReLU(), nn.LayerNorm(128), nn.Linear(128, group))
        self.element, self.axis = nn.Linear(ELEMENTS, hidden), nn.Linear(OPERATIONS, axis)
        self.symmetry = nn.Linear(AXES * axis, symmetry)
        self.input = nn.Linear(hidden + time + group + symmetry + 6 * count, hidden)
        self.layers = nn.ModuleList(Layer(hidden, count) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)
        self.x, self.k = nn.Linear(hidden, 3, bias=False), nn.Linear(hidden, 6, bias=False)
        self.a, self.axes, self.operations = nn.Linear(hidden, ELEMENTS), nn.Linear(hidden, AXES * rank), nn.Linear(hidden, OPERATIONS * rank)

    def forward(self, a, s, x, k, t, code, graph):
        told = torch.cat([time_embedding(t, self.time), self.group(code)], 1)[graph.crystal]
        symmetry = self.symmetry(self.axis(s).reshape(len(s), -1))
        h = self.input(torch.cat([self.element(a), told, symmetry, waves(x, self.count)], 1))
        w, k = waves(x[graph.target] - x[graph.source], self.count), k[graph.crystal[graph.source]]
        for layer in self.layers:
            h = layer(h, w, k, graph)
        h = self.norm(h)
        pooled = torch.zeros(graph.count, h.shape[1], dtype=h.dtype).index_add_(0, graph.crystal, h) / graph.sites[:, None]
        u, v = self.axes(h).reshape(-1, AXES, self.rank), self.operations(h).reshape(-1, OPERATIONS, self.rank)
        return self.x(h), self.k(pooled.to(h.dtype)), self.a(h), u @ v.transpose(1, 2)


class Graph:
    def __init__(self, sites):
        self.sites, self.count = sites, len(sites)
        self.crystal = torch.repeat_interleave(torch.arange(len(sites)), sites)
        source, target = [], []
        for first, m in zip((torch.cumsum(sites, 0) - sites).tolist(), sites.tolist()):
            i = torch.arange(m) + first
            source.append(i.repeat_interleave(m))
            target.append(i.repeat(m))
        self.source, self.target = torch.cat(source), torch.cat(target)
        self.degree = sites[self.crystal].float()[:, None]


def transition(left, marginal):
    return left * torch.eye(marginal.shape[-1]) + (1 - left) * marginal[..., None, :].expand(*marginal.shape, marginal.shape[-1])


def draw(p):
    flat = p.reshape(-1, p.shape[-1])
    return F.one_hot(torch.multinomial(flat, 1).reshape(p.shape[:-1]), p.shape[-1]).float()


def earlier(z, p, marginal, beta, before, after):
    """Class at t - 1: the sum over all classes of the data, as the published code takes it."""
    step = (z[..., None, :] @ transition(1 - beta, marginal).transpose(-1, -2)).squeeze(-2)
    denominator = (transition(after, marginal) @ z[..., None]).squeeze(-1)
    denominator[denominator == 0] = 1e-6
    joint = step[..., None, :] * transition(before, marginal) / denominator[..., None]
    q = (p[..., None] * joint).sum(-2)
    q[q.sum(-1) == 0] = 1e-5
    return draw(q / q.sum(-1, keepdim=True))


def marginals(graph):
    a = torch.rand(ELEMENTS)
    s = torch.rand(graph.count, AXES, OPERATIONS)
    return a / a.sum(), (s / s.sum(-1, keepdim=True))[graph.crystal]


@torch.no_grad()
def sample(net, sites, steps, dtype):
    graph, (beta, left, sigma, norm) = Graph(sites), tables
    n, count = len(graph.crystal), graph.count
    code = (torch.rand(count, CODE) < 0.1).float()
    m_a, m_s = marginals(graph)
    x, k, a, s = torch.rand(n, 3), torch.randn(count, 6), draw(m_a.expand(n, -1)), draw(m_s)
    context = torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bf16")
    for t in range(STEPS, STEPS - steps, -1):
        times = torch.full((count,), float(t))
        with context:
            e = net(a, s, x, k, times, code, graph)[0].float()
        h = 1e-5 * (sigma[t] / sigma[1]) ** 2
        x = x - h * e * norm[t].sqrt() + (2 * h).sqrt() * torch.randn_like(x)
        with context:
            e_x, e_k, l_a, l_s = (y.float() for y in net(a, s, x, k, times, code, graph))
        h = sigma[t] ** 2 - sigma[t - 1] ** 2
        x = (x - h * e_x * norm[t].sqrt() + (sigma[t - 1] ** 2 * h / sigma[t] ** 2).sqrt() * torch.randn_like(x)) % 1
        spread = (beta[t] * (1 - left[t - 1]) / (1 - left[t])).sqrt()
        k = (k - beta[t] / (1 - left[t]).sqrt() * e_k) / (1 - beta[t]).sqrt() + spread * torch.randn_like(k)
        a = earlier(a, F.softmax(l_a, -1), m_a, beta[t], left[t - 1], left[t])
        s = earlier(s, F.softmax(l_s, -1), m_s, beta[t], left[t - 1], left[t])
    return x


def train_step(net, optimizer, sites, dtype):
    graph, (beta, left, sigma, norm) = Graph(sites), tables
    n, count = len(graph.crystal), graph.count
    code = (torch.rand(count, CODE) < 0.1).float()
    m_a, m_s = marginals(graph)
    a, s = torch.randint(0, ELEMENTS, (n,)), torch.randint(0, OPERATIONS, (n, AXES))
    t = torch.randint(1, STEPS + 1, (count,))
    kept, deviation = left[t][:, None], sigma[t][graph.crystal][:, None]
    noise_x, noise_k = torch.randn(n, 3), torch.randn(count, 6)
    x, k = (torch.rand(n, 3) + deviation * noise_x) % 1, kept.sqrt() * torch.randn(count, 6) + (1 - kept).sqrt() * noise_k
    share = kept[graph.crystal]
    a_t = draw(share * F.one_hot(a, ELEMENTS) + (1 - share) * m_a)
    s_t = draw(share[..., None] * F.one_hot(s, OPERATIONS) + (1 - share[..., None]) * m_s)
    target = score(deviation * noise_x, deviation.expand_as(noise_x)) / norm[t][graph.crystal][:, None].sqrt()
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bf16"):
        e_x, e_k, l_a, l_s = net(a_t, s_t, x, k, t.float(), code, graph)
    nll = lambda logits, right: F.nll_loss(torch.log(F.softmax(logits.float(), -1) + 1e-20), right)
    loss = 5 * F.mse_loss(e_k.float(), noise_k) + F.mse_loss(e_x.float(), target) + 0.1 * nll(l_a, a)
    loss = loss + 10 * nll(l_s.reshape(-1, OPERATIONS), s.reshape(-1))
    loss.backward()
    nn.utils.clip_grad_value_(net.parameters(), 0.5)
    optimizer.step()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", nargs="?", default="sample")
    parser.add_argument("--sites")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", default="f32")
    parser.add_argument("--repeat", type=int, default=3)
    q = parser.parse_args()
    torch.set_num_threads(q.threads)
    torch.manual_seed(0)
    if q.sites:
        sites = [int(v) for v in open(q.sites)][: q.batch]
    else:
        sites = [1] * 2 + [2] * 5 + [3] * 8 + [4] * 9 + [5] * 5 + [6] * 4 + [7] * 2 + [8] * 2 + [10] * 2 + [12]
    sites = torch.tensor((sites * (q.batch // len(sites) + 1))[: q.batch])
    tables, net = schedules(), Net()
    print("parameters", sum(p.numel() for p in net.parameters()), "mean sites", sites.float().mean().item(), "mean edges", (sites**2).float().mean().item())
    optimizer, best = torch.optim.Adam(net.parameters(), 1e-3), 1e9
    for _ in range(q.repeat):
        start = time.perf_counter()
        sample(net, sites, q.steps, q.dtype) if q.mode == "sample" else train_step(net, optimizer, sites, q.dtype)
        best = min(best, time.perf_counter() - start)
    print(f"{q.mode} {q.dtype} threads {q.threads}: {best / len(sites) * 1e3:.3f} ms per structure")
