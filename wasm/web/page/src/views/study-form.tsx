import { Select } from "../parts/select.js";
import { profiles, type Wanted } from "../state/study.js";

interface Props {
  /** The name of the database that is open. */
  database: string | undefined;
  wanted: Wanted;
  running: boolean;
  onChange: (wanted: Wanted) => void;
  onRun: () => void;
  onStop: () => void;
}

/** What to simulate. */
export function StudyForm({ database, wanted, running, onChange, onRun, onStop }: Props) {
  const profile = profiles.find(({ name }) => name === wanted.profile)!;
  const change = (part: Partial<Wanted>) => onChange({ ...wanted, ...part });
  const choose = (name: Wanted["profile"]) => {
    const untouched = wanted.policies === profile.policies;
    change({ profile: name, ...(untouched && { policies: profiles.find((other) => other.name === name)!.policies }) });
  };
  return (
    <form
      class="card study"
      aria-label="The study"
      onSubmit={(event) => {
        event.preventDefault();
        if (!running) onRun();
      }}
    >
      <Select
        seen
        label="Load"
        value={wanted.profile}
        onChange={choose}
        options={profiles.map(({ name }) => [name, name] as const)}
      />
      <p class="hint">{profile.about}</p>
      <div class="numbers">
        <Whole label="Days" value={wanted.days} min={1} max={365} onChange={(days) => change({ days })} />
        <Whole label="Nodes each" value={wanted.seeds} min={1} max={50} onChange={(seeds) => change({ seeds })} />
        <Whole label="Seed" value={wanted.seed} min={0} max={1e9} onChange={(seed) => change({ seed })} />
      </div>
      {database !== undefined && (
        <label class="check">
          <input type="checkbox" checked={wanted.from} onChange={(event) => change({ from: event.currentTarget.checked })} />{" "}
          Begin with {database}
        </label>
      )}
      <label class="field">
        <span>Policies, one a line</span>
        <textarea
          rows={7}
          spellcheck={false}
          value={wanted.policies}
          onInput={(event) => change({ policies: event.currentTarget.value })}
          aria-describedby="policies-known"
        />
      </label>
      <details>
        <summary>What can stand there</summary>
        <div id="policies-known" class="hint">
          <p>
            What to let go of, when to collect, or both with <code>+</code> between:{" "}
            <code>interval:1h+kubelet:high=85,low=80</code>.
          </p>
          <dl class="known">
            {known.map(([spec, means]) => (
              <div key={spec}>
                <dt>
                  <code>{spec}</code>
                </dt>
                <dd>{means}</dd>
              </div>
            ))}
          </dl>
        </div>
      </details>
      <div class="choices">
        {running ? (
          <button key="stop" type="button" onClick={onStop}>
            Stop
          </button>
        ) : (
          <button key="run" type="submit" class="primary">
            Run
          </button>
        )}
      </div>
    </form>
  );
}

const known: readonly [string, string][] = [
  ["none", "let go of nothing but what the load itself deletes"],
  ["kubelet:high=85,low=80,maxage=7d", "as the kubelet: images not in use, oldest first, when the disk fills up"],
  ["buildkit:defaults=dockerd", "the rules that builders come with for their cache"],
  ["lru:high=85", "least recently used first"],
  ["ttl:after=7d", "what was not used for so long"],
  ["clairvoyant", "knows the future: the bound, which is always added"],
  ["containerd:pause=0.02,mutations=100", "collect as containerd's scheduler does: the default"],
  ["interval:1h", "collect at fixed times"],
  ["watermark:high=85%", "collect when too much is stored"],
  ["after-deletion", "collect at once after every deletion"],
  ["never", "never collect"],
];

interface WholeProps {
  label: string;
  value: number;
  min: number;
  max: number;
  onChange: (value: number) => void;
}

function Whole({ label, value, min, max, onChange }: WholeProps) {
  const taken = (field: HTMLInputElement) => {
    if (field.validity.valid && Number.isInteger(field.valueAsNumber)) {
      onChange(field.valueAsNumber);
    }
  };
  return (
    <label class="field">
      <span>{label}</span>
      <input type="number" required value={value} min={min} max={max} step={1} onInput={(event) => taken(event.currentTarget)} />
    </label>
  );
}
