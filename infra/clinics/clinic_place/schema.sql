-- The source tables of The Clinic Place, as its vendor left them: no foreign keys (orphans exist), naive clinic time,
-- birth dates as text, insurers and the location spelled out in every patient row.

create table patients (
    patient_id text primary key,
    first_name text,
    last_name text,
    email text,
    phone text,
    street text,
    city text,
    state text,
    postcode text,
    country text,
    date_of_birth text,
    billing_status text,
    insurer_1 text,
    plan_1 text,
    policy_1 text,
    insurer_2 text,
    plan_2 text,
    policy_2 text,
    primary_insurer int,
    location_name text,
    location_street text,
    location_city text,
    location_state text,
    location_postcode text,
    location_phone text,
    location_hours text,
    location_is_hq boolean,
    referring_physician_id text,
    created_at timestamp,
    updated_at timestamptz not null default now()
);

create table physicians (
    physician_id text primary key,
    first_name text,
    last_name text,
    practice text,
    email text,
    phone text,
    updated_at timestamptz not null default now()
);

create table staff (
    staff_id text primary key,
    first_name text,
    last_name text,
    email text,
    role text,
    specialty text,
    licence_number text,
    location_name text,
    updated_at timestamptz not null default now()
);

create table appointments (
    appointment_id bigint primary key,
    patient_id text,
    staff_id text,
    type text,
    starts_at timestamp,
    duration_minutes int,
    status text,
    note text,
    updated_at timestamptz not null default now()
);

create table clinical_notes (
    note_id bigint primary key,
    patient_id text,
    kind text,
    title text,
    body text,
    written_at timestamp,
    author text,
    updated_at timestamptz not null default now()
);

create table invoices (
    invoice_id bigint primary key,
    patient_id text,
    invoice_number text,
    amount_billed numeric(12, 2),
    amount_paid numeric(12, 2),
    currency char(3),
    payment_date date,
    payment_method text,
    status text,
    updated_at timestamptz not null default now()
);

create table emergency_contacts (
    contact_id bigint primary key,
    patient_id text,
    name text,
    phone text,
    relation text,
    updated_at timestamptz not null default now()
);

create table activities (
    activity_id bigint primary key,
    patient_id text,
    kind text,
    direction text,
    subject text,
    body text,
    happened_at timestamp,
    updated_at timestamptz not null default now()
);

create table documents (
    document_id bigint primary key,
    patient_id text,
    kind text,
    file_name text,
    path text,
    size_bytes bigint,
    uploaded_at timestamp,
    updated_at timestamptz not null default now()
);

create table workflows (
    workflow_id bigint primary key,
    name text,
    definition jsonb,
    updated_at timestamptz not null default now()
);

create index on patients (updated_at, patient_id);
create index on physicians (updated_at, physician_id);
create index on staff (updated_at, staff_id);
create index on appointments (updated_at, appointment_id);
create index on clinical_notes (updated_at, note_id);
create index on invoices (updated_at, invoice_id);
create index on emergency_contacts (updated_at, contact_id);
create index on activities (updated_at, activity_id);
create index on documents (updated_at, document_id);
create index on workflows (updated_at, workflow_id);
create index on appointments (patient_id);
create index on clinical_notes (patient_id);
create index on invoices (patient_id);
create index on emergency_contacts (patient_id);
create index on activities (patient_id);
create index on documents (patient_id);
