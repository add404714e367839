-- What lies behind Jiva's REST API: ids as text, no foreign keys (orphans exist), lists in arrays, times without a zone
-- as ISO text, words that each customer defines.

create table members (
    id text primary key,
    member_id text,
    member_type text,
    first_name text,
    last_name text,
    email text,
    phone text,
    street text,
    city text,
    state text,
    zip text,
    birth_date text,
    language text,
    coverage_tier text,
    enrollment text,
    coordinator_id text,
    coordinator_name text,
    payer_id text,
    org_id text,
    enrolled_at text,
    replaced_by text,
    updated_at timestamptz not null default now()
);

create table organizations (
    id text primary key,
    name text,
    provider_type text,
    network text,
    licensed_states text[],
    phone text,
    parent_id text,
    updated_at timestamptz not null default now()
);

create table payers (
    id text primary key,
    name text,
    payer_code text,
    plans text[],
    updated_at timestamptz not null default now()
);

create table coordinators (
    id text primary key,
    first_name text,
    last_name text,
    email text,
    updated_at timestamptz not null default now()
);

create table care_plans (
    id text primary key,
    member_id text,
    org_id text,
    coordinator_id text,
    title text,
    status text,
    start_date text,
    goals text,
    updated_at timestamptz not null default now()
);

create table authorizations (
    id text primary key,
    member_id text,
    payer_id text,
    auth_number text,
    status text,
    service_type text,
    units int,
    expires_on text,
    updated_at timestamptz not null default now()
);

create table assessments (
    id text primary key,
    member_id text,
    type text,
    score text,
    risk text,
    assessed_on text,
    updated_at timestamptz not null default now()
);

create table encounters (
    id text primary key,
    member_id text,
    org_id text,
    visit_type text,
    reason text,
    provider_name text,
    outcome text,
    state text,
    occurred_at text,
    updated_at timestamptz not null default now()
);

create table clinical_notes (
    id text primary key,
    about_type text,
    about_id text,
    title text,
    body text,
    author text,
    written_at text,
    updated_at timestamptz not null default now()
);

create table action_items (
    id text primary key,
    member_id text,
    care_plan_id text,
    coordinator_id text,
    title text,
    description text,
    status text,
    due_at text,
    updated_at timestamptz not null default now()
);

create table attachments (
    id text primary key,
    about_type text,
    about_id text,
    file_name text,
    path text,
    size_bytes bigint,
    uploaded_at text,
    updated_at timestamptz not null default now()
);

create table activities (
    id text primary key,
    member_id text,
    kind text,
    direction text,
    subject text,
    body text,
    happened_at text,
    updated_at timestamptz not null default now()
);

create table connections (
    id text primary key,
    name text,
    partner text,
    protocol text,
    carries text[],
    updated_at timestamptz not null default now()
);

create table pathways (
    id text primary key,
    name text,
    starts_when text,
    steps text[],
    updated_at timestamptz not null default now()
);
