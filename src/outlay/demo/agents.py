"""What the demo organisation has: its teams, its pods with their tasks, and how each of its agents works.

Only declarations. Shares are parts of all model calls and add up to about one; everything is read by `organisation`
(who and what there is) and `traffic` (what they do).
"""

from typing import Final, Literal

from msgspec import Struct

from outlay.usage import AgentType

# Which measured traffic an agent's calls are drawn from: ServeGen's clients of a kind, or Mooncake's sampled calls.
Source = Literal["m-large", "m-small", "deepseek-r1", "conversation", "synthetic"]
# office: people at work; measured: the hours ServeGen measured for its client; night: batch jobs.
Rhythm = Literal["office", "measured", "night"]


class AgentPlan(Struct, frozen=True, kw_only=True):
    """How an agent works.

    `models` are ladders with their share of runs; `calls` is the mean and the most calls of a run; `scale` stretches
    the traces' inputs (to the longer prompts of agents); `cached` is how often a call can reuse its prefix; `step` is
    how many tokens a call adds to the run's context; `services` are other services used beside a call, with how often.
    """

    id: str
    name: str
    agent_type: AgentType
    team: str | None
    teams: tuple[str, ...] = ()
    share: float
    models: tuple[tuple[str, float], ...]
    source: Source
    rhythm: Rhythm = "office"
    calls: tuple[float, int] = (1, 1)
    scale: float = 1.0
    cached: float = 0.0
    long_cache: bool = False
    step: int = 600
    services: tuple[tuple[str, float], ...] = ()
    sub_agent: str | None = None
    sub_agent_share: float = 0.0
    pod: str | None = None
    tasks: tuple[str, ...] = ()
    clients: int = 0
    lag_days: int = 0


class KnowledgeGraph(Struct, frozen=True):
    """A hosted graph: whose it is, which agent reads it, and its part of all that is stored."""

    id: str
    team: str | None
    agent: str | None
    part: float


TEAMS: Final[dict[str, str]] = {
    "platform": "Platform Engineering",
    "product-eng": "Product Engineering",
    "data": "Data & Analytics",
    "research": "Applied Research",
    "support": "Customer Support",
    "storefront": "Storefront",
    "sales": "Sales",
    "marketing": "Marketing",
    "finance": "Finance",
    "legal": "Legal",
    "people": "People",
    "risk": "Risk & Fraud",
}

# How many of a hundred people are in each team.
TEAM_SIZES: Final[dict[str, int]] = {
    "platform": 12,
    "product-eng": 20,
    "data": 9,
    "research": 6,
    "support": 13,
    "storefront": 8,
    "sales": 11,
    "marketing": 7,
    "finance": 5,
    "legal": 3,
    "people": 3,
    "risk": 3,
}

PODS: Final[dict[str, tuple[str, str]]] = {
    "helpdesk": ("Helpdesk", "support"),
    "webshop": ("Webshop", "storefront"),
    "contracts": ("Contract Desk", "legal"),
    "catalogue": ("Catalogue", "storefront"),
    "fraud": ("Fraud Watch", "risk"),
    "dev-tools": ("Developer Tools", "platform"),
    "insights": ("Insights", "data"),
    "back-office": ("Back Office", "finance"),
    "go-to-market": ("Go-to-market", "marketing"),
}

CUSTOMERS: Final = (
    "aurora-retail",
    "bluepeak",
    "cedarline",
    "dunmore",
    "eastgate",
    "fjordbank",
    "greenway",
    "halcyon",
    "indigo-travel",
    "juniper",
    "kestrel",
    "lumen-health",
)

KNOWLEDGE_GRAPHS: Final = (
    KnowledgeGraph("product-graph", "storefront", "product-search", 0.5),
    KnowledgeGraph("support-graph", "support", "knowledge-bot", 0.35),
    KnowledgeGraph("policy-graph", None, None, 0.15),
)

_EVERYONE: Final = tuple(TEAMS)
_ENGINEERS: Final = ("platform", "product-eng", "data", "research", "storefront")
_BUSINESS: Final = ("support", "sales", "marketing", "finance", "legal", "people", "risk")

SPIKE_AGENT: Final = "incident-analyst"

AGENTS: Final[tuple[AgentPlan, ...]] = (
    # API: products and jobs that call a model directly
    AgentPlan(
        id="support-reply",
        name="Support Reply",
        agent_type="api",
        team="support",
        share=0.15,
        models=(("gpt_small", 0.55), ("gpt", 0.45)),
        source="m-large",
        rhythm="measured",
        clients=14,
        scale=4.0,
        cached=0.6,
        pod="helpdesk",
        tasks=("answer", "summarise", "classify"),
    ),
    AgentPlan(
        id="support-triage",
        name="Support Triage",
        agent_type="api",
        team="support",
        share=0.045,
        models=(("own", 1.0),),
        source="m-small",
        rhythm="measured",
        clients=4,
        pod="helpdesk",
        tasks=("triage",),
    ),
    AgentPlan(
        id="product-search",
        name="Product Search",
        agent_type="api",
        team="storefront",
        share=0.07,
        models=(("embedding", 1.0),),
        source="m-small",
        rhythm="measured",
        clients=6,
        pod="webshop",
        tasks=("embed-query",),
    ),
    AgentPlan(
        id="checkout-assistant",
        name="Checkout Assistant",
        agent_type="api",
        team="storefront",
        share=0.075,
        models=(("gemini_flash", 1.0),),
        source="m-large",
        rhythm="measured",
        clients=8,
        scale=3.0,
        cached=0.55,
        pod="webshop",
        tasks=("advise", "compare"),
        lag_days=6,
    ),
    AgentPlan(
        id="risk-scoring",
        name="Risk Scoring",
        agent_type="api",
        team="risk",
        share=0.035,
        models=(("deepseek", 1.0),),
        source="deepseek-r1",
        rhythm="measured",
        clients=8,
        scale=2.0,
        cached=0.3,
        pod="fraud",
        tasks=("score", "explain"),
    ),
    AgentPlan(
        id="contract-extractor",
        name="Contract Extractor",
        agent_type="api",
        team="legal",
        share=0.028,
        models=(("gpt", 1.0),),
        source="conversation",
        rhythm="night",
        calls=(3, 8),
        scale=1.1,
        cached=0.5,
        services=(("ocr", 0.3),),
        pod="contracts",
        tasks=("extract", "check-clauses"),
        lag_days=20,
    ),
    AgentPlan(
        id="catalogue-enrichment",
        name="Catalogue Enrichment",
        agent_type="api",
        team="storefront",
        share=0.055,
        models=(("mistral_small", 1.0),),
        source="m-large",
        rhythm="night",
        scale=2.5,
        cached=0.5,
        pod="catalogue",
        tasks=("describe", "categorise"),
    ),
    AgentPlan(
        id="translation-pipeline",
        name="Translation Pipeline",
        agent_type="api",
        team="marketing",
        share=0.035,
        models=(("nova", 1.0),),
        source="m-large",
        rhythm="night",
        scale=3.0,
        cached=0.3,
        pod="catalogue",
        tasks=("translate",),
    ),
    AgentPlan(
        id="insights-digest",
        name="Insights Digest",
        agent_type="api",
        team="data",
        share=0.02,
        models=(("claude_sonnet", 1.0),),
        source="conversation",
        rhythm="night",
        calls=(4, 10),
        scale=1.4,
        cached=0.7,
        step=1800,
        pod="insights",
        tasks=("digest", "anomaly-notes"),
        lag_days=14,
    ),
    # Framework: agents that people's code runs
    AgentPlan(
        id="code-pilot",
        name="Code Pilot",
        agent_type="framework",
        team="platform",
        teams=_ENGINEERS,
        share=0.115,
        models=(("claude_sonnet", 0.85), ("claude_opus", 0.15)),
        source="synthetic",
        calls=(9, 32),
        cached=0.93,
        step=1500,
        sub_agent="code-reviewer",
        sub_agent_share=0.2,
        pod="dev-tools",
        tasks=("implement", "refactor", "fix-bug", "explain"),
    ),
    AgentPlan(
        id="code-reviewer",
        name="Code Reviewer",
        agent_type="framework",
        team="platform",
        share=0.0,
        models=(("claude_haiku", 1.0),),
        source="conversation",
        calls=(3, 8),
        cached=0.85,
        step=2200,
        pod="dev-tools",
        tasks=("review",),
    ),
    AgentPlan(
        id="research-agent",
        name="Research Agent",
        agent_type="framework",
        team="research",
        teams=("research", "data", "sales", "marketing", "product-eng", "risk"),
        share=0.05,
        models=(("gpt", 1.0),),
        source="conversation",
        calls=(5, 14),
        cached=0.8,
        step=2600,
        services=(("web_access", 0.55),),
        sub_agent="web-reader",
        sub_agent_share=0.35,
        pod="insights",
        tasks=("market-scan", "literature", "competitors"),
        lag_days=9,
    ),
    AgentPlan(
        id="web-reader",
        name="Web Reader",
        agent_type="framework",
        team="research",
        share=0.0,
        models=(("gemini_flash", 1.0),),
        source="conversation",
        calls=(2, 6),
        scale=1.3,
        cached=0.1,
        services=(("web_access", 0.3),),
        pod="insights",
        tasks=("read-page",),
        lag_days=16,
    ),
    AgentPlan(
        id="data-analyst",
        name="Data Analyst",
        agent_type="framework",
        team="data",
        teams=("data", "finance", "product-eng", "sales", "risk"),
        share=0.035,
        models=(("gpt", 0.6), ("deepseek", 0.4)),
        source="deepseek-r1",
        calls=(4, 12),
        scale=1.6,
        cached=0.75,
        step=1400,
        pod="insights",
        tasks=("write-sql", "chart", "explain-metric"),
        clients=12,
        lag_days=25,
    ),
    AgentPlan(
        id=SPIKE_AGENT,
        name="Incident Analyst",
        agent_type="framework",
        team="platform",
        teams=("platform", "data"),
        share=0.012,
        models=(("claude_opus", 1.0),),
        source="conversation",
        calls=(6, 20),
        cached=0.8,
        step=2400,
        services=(("web_access", 0.05),),
        pod="dev-tools",
        tasks=("root-cause", "write-up"),
        lag_days=10,
    ),
    # No-code: assembled by people in a builder
    AgentPlan(
        id="meeting-notes",
        name="Meeting Notes",
        agent_type="no_code",
        team="people",
        teams=_EVERYONE,
        share=0.055,
        models=(("gpt_small", 1.0),),
        source="conversation",
        calls=(2, 5),
        scale=1.3,
        cached=0.3,
        pod="back-office",
        tasks=("minutes", "action-items"),
        lag_days=18,
    ),
    AgentPlan(
        id="sales-outreach",
        name="Sales Outreach",
        agent_type="no_code",
        team="sales",
        teams=("sales", "marketing"),
        share=0.05,
        models=(("gpt", 1.0),),
        source="conversation",
        calls=(3, 9),
        scale=0.8,
        cached=0.6,
        step=900,
        services=(("web_access", 0.25),),
        pod="go-to-market",
        tasks=("draft-mail", "account-brief"),
        lag_days=30,
    ),
    AgentPlan(
        id="invoice-reader",
        name="Invoice Reader",
        agent_type="no_code",
        team="finance",
        teams=("finance", "legal"),
        share=0.035,
        models=(("gemini_flash", 1.0),),
        source="conversation",
        calls=(2, 6),
        scale=0.6,
        cached=0.4,
        services=(("ocr", 0.7),),
        pod="back-office",
        tasks=("read-invoice", "match-order"),
    ),
    AgentPlan(
        id="knowledge-bot",
        name="Knowledge Bot",
        agent_type="no_code",
        team="support",
        teams=_BUSINESS,
        share=0.065,
        models=(("claude_haiku", 0.6), ("claude_sonnet", 0.4)),
        source="conversation",
        calls=(3, 10),
        cached=0.85,
        long_cache=True,
        step=900,
        pod="helpdesk",
        tasks=("ask-policy", "ask-product"),
        lag_days=12,
    ),
    AgentPlan(
        id="campaign-writer",
        name="Campaign Writer",
        agent_type="no_code",
        team="marketing",
        teams=("marketing", "sales", "storefront"),
        share=0.03,
        models=(("claude_sonnet", 1.0),),
        source="conversation",
        calls=(4, 12),
        scale=0.5,
        cached=0.7,
        step=1100,
        services=(("web_access", 0.1),),
        pod="go-to-market",
        tasks=("copy", "variants"),
        lag_days=21,
    ),
    AgentPlan(
        id="playground",
        name="Playground",
        agent_type="no_code",
        team=None,
        teams=_EVERYONE,
        share=0.015,
        models=(("gpt_small", 0.5), ("gpt", 0.3), ("mistral_small", 0.2)),
        source="m-large",
        calls=(3, 12),
        cached=0.4,
        step=300,
    ),
)
