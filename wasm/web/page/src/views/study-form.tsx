import { useState } from "preact/hooks";
import { Select } from "../parts/controls.js";
import { FileButton } from "../parts/files.js";
import { ErrorNote } from "../parts/notes.js";
import { profileJSON } from "../state/profile.js";
import { profiles, type Settings } from "../state/study.js";

interface Props {
  /** The name of the open database. */
  database: string | undefined;
  settings: Settings;
  running: boolean;
  onChange: (settings: Settings) => void;
  onRun: () => void;
  onStop: () => void;
}

/** The configuration of a study. */
export function StudyForm({ database, settings, running, onChange, onRun, onStop }: Props) {
  const profile = profiles.find(({ name }) => name === settings.profile)!;
  const [failure, setFailure] = useState<{ name: string; error: unknown }>();
  const change = (part: Partial<Settings>) => onChange({ ...settings, ...part });
  const choose = (name: Settings["profile"]) => {
    const unedited = settings.policies === profile.policies;
    const policies = unedited ? profiles.find((other) => other.name === name)!.policies : settings.policies;
    setFailure(undefined);
    change({ profile: name, custom: undefined, policies });
  };
  const chooseFile = async (name: string, file: Blob) => {
    setFailure(undefined);
    try {
      const text = await file.text();
      change({ custom: { name, json: name.endsWith(".json") ? text : await profileJSON(text) } });
    } catch (error) {
      setFailure({ name, error });
    }
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
        labelled
        label="Load"
        value={settings.custom === undefined ? settings.profile : customValue}
        onChange={(name) => name !== customValue && choose(name)}
        options={[
          ...profiles.map(({ name }) => [name, name] as const),
          ...(settings.custom === undefined ? [] : [[customValue, settings.custom.name] as const]),
        ]}
      />
      <p class="hint">{settings.custom === undefined ? profile.about : "A load profile from a file."}</p>
      <div class="choices">
        <FileButton label="Choose a profile file" accept=".yaml,.yml,.json" onFile={chooseFile} />
      </div>
      {failure !== undefined && (
        <ErrorNote
          error={failure.error}
          title={`${failure.name} is not a valid profile`}
          fallback="Correct the line. The documentation of the Go package sim/study/profile describes the format."
        />
      )}
      <div class="numbers">
        <Whole label="Days" value={settings.days} min={1} max={365} onChange={(days) => change({ days })} />
        <Whole label="Nodes" value={settings.seeds} min={1} max={50} onChange={(seeds) => change({ seeds })} />
        <Whole label="Seed" value={settings.seed} min={0} max={1e9} onChange={(seed) => change({ seed })} />
      </div>
      {database !== undefined && (
        <label class="check">
          <input type="checkbox" checked={settings.fromDatabase} onChange={(event) => change({ fromDatabase: event.currentTarget.checked })} />{" "}
          Start with {database}
        </label>
      )}
      <label class="field">
        <span>Policies, one per line</span>
        <textarea
          rows={7}
          spellcheck={false}
          value={settings.policies}
          onInput={(event) => change({ policies: event.currentTarget.value })}
          aria-describedby="policies-known"
        />
      </label>
      <details>
        <summary>Available policies</summary>
        <div id="policies-known" class="hint">
          <p>
            A policy combines at most one schedule of collections and any number of eviction policies with <code>+</code>, for
            example <code>interval:1h+kubelet:high=85,low=80</code>.
          </p>
          <dl class="known">
            {examples.map(([spec, means]) => (
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

const customValue = "custom";

/** Examples of policies with descriptions. */
const examples: readonly [string, string][] = [
  ["none", "evicts nothing; only the load deletes objects"],
  ["kubelet:high=85,low=80,maxage=7d", "like the kubelet: evicts unused images, oldest first, when the disk fills up"],
  ["buildkit:defaults=dockerd", "the default rules of a builder for its cache"],
  ["lru:high=85", "evicts the least recently used objects"],
  ["ttl:after=7d", "evicts objects that were unused for a time"],
  ["clairvoyant", "knows the future load: a reference, which is always added"],
  ["containerd:pause=0.02,mutations=100", "collects like containerd's scheduler: the default"],
  ["interval:1h", "collects at fixed intervals"],
  ["watermark:high=85%", "collects when the disk fills up"],
  ["after-deletion", "collects after every deletion"],
  ["never", "never collects"],
];

interface WholeProps {
  label: string;
  value: number;
  min: number;
  max: number;
  onChange: (value: number) => void;
}

/** A field for an integer. */
function Whole({ label, value, min, max, onChange }: WholeProps) {
  const update = (field: HTMLInputElement) => {
    if (field.validity.valid && Number.isInteger(field.valueAsNumber)) {
      onChange(field.valueAsNumber);
    }
  };
  return (
    <label class="field">
      <span>{label}</span>
      <input type="number" required value={value} min={min} max={max} step={1} onInput={(event) => update(event.currentTarget)} />
    </label>
  );
}
