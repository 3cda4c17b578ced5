"""Clipping explorer: the gradients of real batches, before and after they are clipped, for any threshold."""

import math

import torch

from ..training import batch_loss
from .base import LessonWidget
from .controls import Slider, State
from .drawing import pick
from .markup import Html, tag

MOST_BATCHES = 40
SIZE, FOOT = 300, 40  # the plane, in pixels
BAR = 110  # the height of the strip of norms


def _theta(widget):
    """The threshold that the slider stands for; 1 while its value is no number."""
    power = widget.power
    return 10**power if isinstance(power, (int, float)) and -9 < power < 9 else 1.0


class ClippingExplorer(LessonWidget):
    """Move the threshold of gradient clipping; see which batches it shortens, by how much, and what it leaves alone.

    Args:
        net: a `Seq2Seq`; its gradients are computed here, and it is left as it was.
        batches: `(X, X_valid_len, Y, Y_valid_len)` of one batch or several; the first 40 are taken.
        settings: first values of the controls, for example `power=-0.3`.

    Raises:
        ValueError: no batches.
    """

    title = "Clipping explorer"

    power = Slider(0.0, lambda widget: f"θ = {_theta(widget):.2g}, ten to the power of", -2.0, 2.0, step=0.05)
    batch = State(0)  # the batch that is drawn as an arrow

    def __init__(self, net, batches, **settings):
        gradients = [_gradient(net, batch) for batch, _ in zip(batches, range(MOST_BATCHES))]
        if not gradients:
            raise ValueError("there are no batches; pass one or more, see Batches")
        self.layers = [{name: g.norm().item() for name, g in parts.items()} for parts in gradients]
        vectors = torch.stack([torch.cat([g for g in parts.values()]) for parts in gradients])  # (batches, weights)
        mean = vectors.mean(dim=0)
        along = vectors @ (mean / mean.norm().clamp(min=1e-12))  # (batches,)
        self.norms = vectors.norm(dim=1).tolist()
        self.weights = vectors.shape[1]
        self.points = [(a, math.sqrt(max(0.0, n * n - a * a))) for a, n in zip(along.tolist(), self.norms)]
        longest = self.norms.index(max(self.norms))
        super().__init__(**{"batch": longest, **settings})

    def render(self):
        theta = _theta(self)
        chosen = self.batch if type(self.batch) is int and 0 <= self.batch < len(self.norms) else 0
        norm = self.norms[chosen]
        factor = min(1.0, theta / norm) if norm else 1.0
        clipped = sum(n > theta for n in self.norms)
        word = "above" if norm > theta else "not above"
        does = "nothing changes"
        if norm > theta:
            does = f"each of its {self.weights:,} numbers is multiplied by {factor:.2f}"
        said = (f"Batch {chosen}: gradient norm {norm:.2f}, {word} θ = {theta:.2g}, so {does}. "
                f"{clipped} of {len(self.norms)} batches are clipped.")
        drawing = tag("div", self._plane(theta, chosen, factor), self._bars(chosen, factor), class_="s2s-clipping")
        return tag("div", self._strip(theta, chosen), drawing), said

    def _strip(self, theta, chosen):
        """The norm of each batch as a bar, to choose one."""
        top = 1.1 * max(self.norms)
        cells = []
        for i, norm in enumerate(self.norms):
            words = f"batch {i}: norm {norm:.2f}" + (f", clipped to {theta:.2g}" if norm > theta else ", not clipped")
            kept = min(norm, theta)
            bars = [tag("i", style=f"height:{BAR * (norm - kept) / top:.1f}px", class_="s2s-clipping-cut-off"),
                    tag("i", style=f"height:{BAR * kept / top:.1f}px", class_="s2s-clipping-kept")]
            cells.append(tag("td", bars, tag("small", i), title=words,
                             **pick("batch", i, words, at=(0, i), chosen=i == chosen)))
        table = tag("table", tag("tr", cells), role="grid", class_="s2s-clipping-norms",
                    aria_label="The gradient norm of each batch. Arrow keys go from batch to batch.")
        legend = tag("p", tag("span", tag("i", class_="s2s-clipping-kept"), "what is left of the norm"),
                     tag("span", tag("i", class_="s2s-clipping-cut-off"), "what is cut off"), class_="s2s-legend")
        return tag("div", tag("p", "Gradient norm of each batch"), table, legend)

    def _plane(self, theta, chosen, factor):
        """All gradients as points, the chosen one as an arrow: across is the part along the mean, up the rest."""
        far = 1.08 * max(self.norms)
        left = min(0.0, *(x for x, _ in self.points)) * 1.08
        scale = SIZE / far
        width = (far - left) * scale

        def at(point):
            return f"{(point[0] - left) * scale:.1f} {SIZE - point[1] * scale:.1f}"

        origin, radius = at((0, 0)), theta * scale
        rest = [f'<path class="s2s-clipping-gradient" d="M{at(point)}h0.01"/>' for point in self.points]
        arc = (f'<path class="s2s-clipping-circle" d="M{at((-theta, 0))}A{radius:.1f} {radius:.1f} 0 0 1 '
               f'{at((theta, 0))}"/>'
               if theta < 4 * far else "")
        end = self.points[chosen]
        short = (end[0] * factor, end[1] * factor)
        alt = (f"The gradient of batch {chosen} as an arrow of length {self.norms[chosen]:.2f}, its clipped self on "
               f"top of it, {factor:.0%} as long in the same direction, and a circle of radius {theta:.2g}.")
        svg = (f'<svg width="{width:.0f}" height="{SIZE + FOOT}" viewBox="0 0 {width:.0f} {SIZE + FOOT}" role="img" '
               f'aria-label="{alt}"><path class="s2s-clipping-axis" d="M0 {SIZE}H{width:.0f}M{origin}V0"/>{arc}'
               f'{"".join(rest)}'
               f'<path class="s2s-clipping-before" d="M{origin}L{at(end)}"/>'
               f'<path class="s2s-clipping-after" d="M{origin}L{at(short)}"/>'
               f'<text x="{width:.0f}" y="{SIZE + 20}" text-anchor="end">along the mean gradient →</text></svg>')
        key = "Thin arrow: the gradient. Thick: what is left. Circle: θ. Dots: the other batches"
        return tag("div", tag("p", key), Html(svg))

    def _bars(self, chosen, factor):
        """The norm of each layer, before and after."""
        top = max(max(layers.values()) for layers in self.layers) or 1.0
        rows = [tag("tr", tag("th", name, scope="row"),
                    tag("td", tag("i", class_="s2s-clipping-before", style=f"width:{160 * value / top:.0f}px"),
                        tag("i", class_="s2s-clipping-kept", style=f"width:{160 * value * factor / top:.0f}px")),
                    tag("td", f"{value:.2f}"), tag("td", f"{value * factor:.2f}"))
                for name, value in self.layers[chosen].items()]
        head = tag("tr", [tag("th", name, scope="col") for name in ("layer", "its norm", "before", "after")])
        return tag("div", tag("p", "Every layer shrinks by the same factor"),
                   tag("table", tag("thead", head), tag("tbody", rows), class_="s2s-clipping-layers"))


def _gradient(net, batch):
    """Return the gradient of a batch's loss per token as one long vector for each part of the net."""
    X, X_valid_len, Y, Y_valid_len = batch
    device = next(net.parameters()).device
    loss = batch_loss(net, X.to(device), X_valid_len, Y.to(device), Y_valid_len) / Y_valid_len.sum()
    names, parameters = zip(*net.named_parameters())
    parts = {}
    for name, g in zip(names, torch.autograd.grad(loss, parameters)):
        parts.setdefault(".".join(name.split(".")[:2]), []).append(g.detach().cpu().flatten())
    return {name: torch.cat(vectors) for name, vectors in parts.items()}
